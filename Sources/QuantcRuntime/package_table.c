/// Reading and checking a package's header and section table.

#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "error.h"
#include "package.h"

/// Whether `text` is a zero-filled name of letters, digits, `.`, `_` and `-`.
static int name_is_sound(const char *text, size_t capacity, int may_be_empty) {
  size_t length = 0;
  while (length < capacity && text[length] != 0) {
    const char c = text[length];
    const int sound = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '.' || c == '_' || c == '-';
    if (!sound)
      return 0;
    length += 1;
  }
  if (length == capacity || (length == 0 && !may_be_empty))
    return 0;
  for (size_t i = length; i < capacity; ++i) {
    if (text[i] != 0)
      return 0;
  }
  return 1;
}

/// What is wrong with the fields of one entry taken by itself, or null.
static const char *entry_fault(const qc_section_entry *entry) {
  if (entry->kind < QC_SECTION_MANIFEST || entry->kind > QC_SECTION_EXTRA)
    return "kind";
  if (entry->codec > QC_CODEC_ZSTD)
    return "codec";
  if (entry->architecture > QC_ARCHITECTURE_RISCV64)
    return "architecture";
  if (entry->reserved != 0)
    return "reserved field";
  if (entry->alignment == 0 || entry->alignment > QC_MAX_ALIGNMENT ||
      (entry->alignment & (entry->alignment - 1)) != 0) {
    return "alignment";
  }
  const int is_kernels = entry->kind == QC_SECTION_KERNELS;
  const int has_architecture = is_kernels || entry->kind == QC_SECTION_PLAN;
  if (has_architecture != (entry->architecture != QC_ARCHITECTURE_ANY))
    return "architecture";
  if (is_kernels != (entry->variant[0] != 0))
    return "variant";
  if (!is_kernels && entry->rank != 0)
    return "rank";
  if (entry->kind == QC_SECTION_WEIGHTS && entry->codec != QC_CODEC_NONE)
    return "codec";
  if (!qc_sizes_possible((qc_codec)entry->codec, entry->stored_bytes, entry->raw_bytes)) {
    return "size";
  }
  if (entry->kind != QC_SECTION_WEIGHTS && entry->raw_bytes > QC_MAX_SECTION_RAW_BYTES) {
    return "size";
  }
  return NULL;
}

/// Whether two sections are the same thing twice; only the extra ones are told apart by name.
static int same_key(const qc_section *a, const qc_section *b) {
  return a->kind == b->kind && a->architecture == b->architecture &&
         strcmp(a->variant, b->variant) == 0 &&
         (a->kind != QC_SECTION_EXTRA || strcmp(a->name, b->name) == 0);
}

/// Checks that the bytes between two sections are zero.
static qc_status check_gap(const qc_package *package, uint64_t from, uint64_t to, qc_error *error) {
  uint8_t gap[QC_MAX_ALIGNMENT];
  const size_t length = (size_t)(to - from);
  const qc_status status = qc_source_read(&package->source, from, gap, length, error);
  if (status != QC_OK)
    return status;
  for (size_t i = 0; i < length; ++i) {
    if (gap[i] != 0) {
      return qc_fail(error, QC_MALFORMED_PACKAGE, NULL, "the padding between sections is not zero");
    }
  }
  return QC_OK;
}

/// Checks entry `index` against the file and those before it; `*end` is where the last one ended.
static qc_status take_entry(qc_package *package, uint32_t index, const qc_section_entry *entry,
                            uint64_t *end, qc_error *error) {
  if (!name_is_sound(entry->name, QC_NAME_BYTES, 0) ||
      !name_is_sound(entry->variant, QC_VARIANT_BYTES, 1)) {
    return qc_fail(error, QC_MALFORMED_PACKAGE, NULL, "section %u has no sound name", index);
  }
  const char *fault = entry_fault(entry);
  if (fault != NULL) {
    return qc_fail(error, QC_MALFORMED_PACKAGE, entry->name,
                   "an impossible %s in the section table", fault);
  }
  // `*end` is at most the file size, which fits in a signed file offset: no overflow.
  const uint64_t mask = entry->alignment - 1;
  const uint64_t start = (*end + mask) & ~mask;
  const uint64_t file_bytes = package->source.byte_count;
  if (entry->offset != start || start > file_bytes || entry->stored_bytes > file_bytes - start) {
    return qc_fail(error, QC_MALFORMED_PACKAGE, entry->name,
                   "overlaps, leaves a hole or leaves the file");
  }
  const qc_status status = check_gap(package, *end, start, error);
  if (status != QC_OK)
    return status;
  *end = start + entry->stored_bytes;

  qc_section *section = &package->sections[index];
  section->kind = (qc_section_kind)entry->kind;
  section->codec = (qc_codec)entry->codec;
  section->architecture = (qc_architecture)entry->architecture;
  section->rank = entry->rank;
  section->alignment = entry->alignment;
  section->offset = entry->offset;
  section->stored_bytes = entry->stored_bytes;
  section->raw_bytes = entry->raw_bytes;
  memcpy(section->sha256, entry->sha256, QC_SHA256_BYTES);
  memcpy(section->name, entry->name, QC_NAME_BYTES);
  memcpy(section->variant, entry->variant, QC_VARIANT_BYTES);
  for (uint32_t other = 0; other < index; ++other) {
    if (same_key(&package->sections[other], section)) {
      return qc_fail_section(error, QC_MALFORMED_PACKAGE, section, "appears twice");
    }
  }
  package->section_count = index + 1;
  return QC_OK;
}

static qc_status check_header(const qc_file_header *header, uint64_t file_bytes, qc_error *error) {
  if (memcmp(header->magic, qc_magic, sizeof qc_magic) != 0) {
    return qc_fail(error, QC_MALFORMED_PACKAGE, NULL, "is not a .qpk package");
  }
  if (header->version != QC_FORMAT_VERSION) {
    return qc_fail(error, QC_UNSUPPORTED_VERSION, NULL,
                   "has format version %u; this runtime reads %u", header->version,
                   QC_FORMAT_VERSION);
  }
  if ((header->required_features & ~QC_KNOWN_FEATURES) != 0) {
    return qc_fail(error, QC_UNSUPPORTED_VERSION, NULL,
                   "needs features 0x%x that this runtime does not know",
                   header->required_features & ~QC_KNOWN_FEATURES);
  }
  if (header->file_bytes != file_bytes) {
    return qc_fail(error, QC_MALFORMED_PACKAGE, NULL, "has %llu bytes, but its header says %llu",
                   (unsigned long long)file_bytes, (unsigned long long)header->file_bytes);
  }
  if (header->table_offset != sizeof *header || header->entry_bytes != sizeof(qc_section_entry) ||
      header->section_count > QC_MAX_SECTIONS ||
      header->section_count * sizeof(qc_section_entry) > file_bytes - sizeof *header) {
    return qc_fail(error, QC_MALFORMED_PACKAGE, NULL, "has an impossible section table");
  }
  return QC_OK;
}

qc_status qc_package_read_table(qc_package *package, qc_error *error) {
  const uint64_t file_bytes = package->source.byte_count;
  qc_file_header header;
  if (file_bytes < sizeof header || file_bytes > INT64_MAX) {
    return qc_fail(error, QC_MALFORMED_PACKAGE, NULL, "has %llu bytes, too few for a .qpk package",
                   (unsigned long long)file_bytes);
  }
  qc_status status = qc_source_read(&package->source, 0, &header, sizeof header, error);
  if (status == QC_OK)
    status = check_header(&header, file_bytes, error);
  if (status != QC_OK)
    return status;

  const size_t table_bytes = header.section_count * sizeof(qc_section_entry);
  const uint8_t *bytes = NULL;
  void *owned = NULL;
  status = qc_source_view(&package->source, sizeof header, table_bytes, &bytes, &owned, error);
  if (status != QC_OK)
    return status;
  qc_sha256_state state;
  uint8_t digest[QC_SHA256_BYTES];
  qc_sha256_start(&state);
  qc_sha256_add(&state, &header, offsetof(qc_file_header, sha256));
  qc_sha256_add(&state, bytes, table_bytes);
  qc_sha256_finish(&state, digest);
  uint64_t end = sizeof header + table_bytes;
  if (memcmp(digest, header.sha256, sizeof digest) != 0) {
    status = qc_fail(error, QC_DAMAGED_SECTION, "header",
                     "does not match its SHA-256; copy the file again");
  } else {
    package->sections = calloc(header.section_count + 1u, sizeof *package->sections);
    if (package->sections == NULL) {
      status = qc_fail(error, QC_OUT_OF_MEMORY, NULL, "no memory for the section table");
    }
  }
  for (uint32_t i = 0; status == QC_OK && i < header.section_count; ++i) {
    qc_section_entry entry;
    memcpy(&entry, bytes + i * sizeof entry, sizeof entry);
    status = take_entry(package, i, &entry, &end, error);
  }
  free(owned);
  if (status == QC_OK && end != file_bytes) {
    status = qc_fail(error, QC_MALFORMED_PACKAGE, NULL, "has bytes behind its last section");
  }
  return status;
}
