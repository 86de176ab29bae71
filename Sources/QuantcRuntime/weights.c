#include "weights.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "codec.h"
#include "error.h"

/// Checks the entries: sizes possible, and together exactly the section.
static qc_status check_entries(qc_weights *weights, qc_error *error) {
  const qc_section *section = weights->section;
  uint64_t left = section->stored_bytes - sizeof(qc_weights_header) -
                  weights->frame_count * sizeof(qc_weight_entry);
  for (uint32_t i = 0; i < weights->frame_count; ++i) {
    const qc_weight_entry *entry = &weights->entries[i];
    if (entry->codec > QC_CODEC_ZSTD || entry->reserved != 0 || entry->stored_bytes > left ||
        entry->raw_bytes > INT64_MAX / QC_MAX_SECTIONS ||
        !qc_sizes_possible((qc_codec)entry->codec, entry->stored_bytes, entry->raw_bytes)) {
      return qc_fail_section(error, QC_MALFORMED_PACKAGE, section,
                             "frame %u has an impossible size", i);
    }
    left -= entry->stored_bytes;
    weights->frame_bytes[i] = entry->raw_bytes;
    weights->places[i] = UINT64_MAX;
  }
  if (left != 0) {
    return qc_fail_section(error, QC_MALFORMED_PACKAGE, section, "has bytes behind its last frame");
  }
  return QC_OK;
}

qc_status qc_weights_open(qc_weights *weights, const qc_package *package, qc_error *error) {
  memset(weights, 0, sizeof *weights);
  const qc_section *section = qc_package_find(package, QC_SECTION_WEIGHTS, QC_ARCHITECTURE_ANY);
  if (section == NULL)
    return QC_OK;
  weights->section = section;
  qc_weights_header header;
  if (section->stored_bytes < sizeof header) {
    return qc_fail_section(error, QC_MALFORMED_PACKAGE, section, "is too short for its index");
  }
  qc_status status =
      qc_source_read(&package->source, section->offset, &header, sizeof header, error);
  if (status != QC_OK)
    return status;
  const uint64_t room = (section->stored_bytes - sizeof header) / sizeof(qc_weight_entry);
  if (header.frame_count > room || header.reserved != 0) {
    return qc_fail_section(error, QC_MALFORMED_PACKAGE, section, "is too short for its index");
  }
  const size_t count = header.frame_count;
  weights->frame_count = header.frame_count;
  weights->entries = calloc(count + 1, sizeof *weights->entries);
  weights->frame_bytes = calloc(count + 1, sizeof *weights->frame_bytes);
  weights->places = calloc(count + 1, sizeof *weights->places);
  if (weights->entries == NULL || weights->frame_bytes == NULL || weights->places == NULL) {
    status = qc_fail(error, QC_OUT_OF_MEMORY, NULL, "no memory for the index of the weights");
  } else {
    status = qc_source_read(&package->source, section->offset + sizeof header, weights->entries,
                            count * sizeof(qc_weight_entry), error);
  }
  if (status == QC_OK)
    status = check_entries(weights, error);
  if (status != QC_OK)
    qc_weights_close(weights);
  return status;
}

void qc_weights_place(qc_weights *weights, uint32_t frame) {
  if (weights->places[frame] != UINT64_MAX)
    return;
  const uint64_t mask = QC_BUFFER_ALIGNMENT - 1;
  weights->places[frame] = weights->region_bytes;
  weights->region_bytes += ((weights->frame_bytes[frame] + mask) & ~mask) + QC_BUFFER_SLACK;
}

qc_status qc_weights_load(const qc_weights *weights, const qc_package *package,
                          const qc_region *region, qc_error *error) {
  const qc_section *section = weights->section;
  if (section == NULL)
    return QC_OK;
  ZSTD_DCtx *decoder = ZSTD_createDCtx();
  if (decoder == NULL)
    return qc_fail(error, QC_OUT_OF_MEMORY, NULL, "no memory for zstd");
  const qc_weights_header header = {.frame_count = weights->frame_count};
  const size_t index_bytes = weights->frame_count * sizeof(qc_weight_entry);
  uint64_t offset = section->offset + sizeof header + index_bytes;
  qc_sha256_state state;
  qc_sha256_start(&state);
  qc_sha256_add(&state, &header, sizeof header);
  qc_sha256_add(&state, weights->entries, index_bytes);
  qc_status status = QC_OK;
  // A frame that does not decompress is reported only when the hash says that it was written so.
  const char *fault = NULL;
  uint32_t faulty_frame = 0;
  for (uint32_t i = 0; status == QC_OK && i < weights->frame_count; ++i) {
    const qc_weight_entry *entry = &weights->entries[i];
    const size_t stored_bytes = (size_t)entry->stored_bytes;
    const uint8_t *stored = NULL;
    void *owned = NULL;
    status = qc_source_view(&package->source, offset, stored_bytes, &stored, &owned, error);
    if (status != QC_OK)
      break;
    offset += stored_bytes;
    qc_sha256_add(&state, stored, stored_bytes);
    if (fault == NULL && weights->places[i] != UINT64_MAX) {
      fault = qc_decode(decoder, (qc_codec)entry->codec, stored, stored_bytes,
                        region->bytes + weights->places[i], (size_t)entry->raw_bytes);
      faulty_frame = i;
    }
    free(owned);
  }
  ZSTD_freeDCtx(decoder);
  if (status != QC_OK)
    return status;
  uint8_t digest[QC_SHA256_BYTES];
  qc_sha256_finish(&state, digest);
  if (memcmp(digest, section->sha256, sizeof digest) != 0) {
    return qc_fail_section(error, QC_DAMAGED_SECTION, section,
                           "does not match its SHA-256; copy the file again");
  }
  if (fault != NULL) {
    return qc_fail_section(error, QC_MALFORMED_PACKAGE, section, "frame %u %s", faulty_frame,
                           fault);
  }
  return QC_OK;
}

void qc_weights_close(qc_weights *weights) {
  free(weights->entries);
  free(weights->frame_bytes);
  free(weights->places);
  weights->entries = NULL;
  weights->frame_bytes = NULL;
  weights->places = NULL;
}
