#include "weights.h"

#include <stdlib.h>
#include <string.h>

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

void qc_weights_close(qc_weights *weights) {
  free(weights->entries);
  free(weights->frame_bytes);
  free(weights->places);
  weights->entries = NULL;
  weights->frame_bytes = NULL;
  weights->places = NULL;
}
