#include "package.h"

#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "error.h"

static qc_status open_source(qc_source source, qc_package **package, qc_error *error) {
  qc_package *made = calloc(1, sizeof *made);
  if (made == NULL) {
    qc_source_close(&source);
    return qc_fail(error, QC_OUT_OF_MEMORY, NULL, "no memory for the package");
  }
  made->source = source;
  const qc_status status = qc_package_read_table(made, error);
  if (status != QC_OK) {
    qc_package_close(made);
    return status;
  }
  *package = made;
  return qc_succeed(error);
}

qc_status qc_package_open(const char *path, qc_package **package, qc_error *error) {
  if (path == NULL || package == NULL) {
    return qc_fail(error, QC_INVALID_ARGUMENT, NULL, "path and package must not be null");
  }
  *package = NULL;
  qc_source source;
  const qc_status status = qc_source_open(&source, path, error);
  return status == QC_OK ? open_source(source, package, error) : status;
}

qc_status qc_package_open_memory(const void *bytes, size_t byte_count, qc_package **package,
                                 qc_error *error) {
  if (package == NULL || (bytes == NULL && byte_count > 0)) {
    return qc_fail(error, QC_INVALID_ARGUMENT, NULL, "bytes and package must not be null");
  }
  *package = NULL;
  const qc_source source = {.descriptor = -1, .memory = bytes, .byte_count = byte_count};
  return open_source(source, package, error);
}

void qc_package_close(qc_package *package) {
  if (package == NULL)
    return;
  qc_source_close(&package->source);
  free(package->sections);
  free(package);
}

uint32_t qc_package_section_count(const qc_package *package) {
  return package == NULL ? 0 : package->section_count;
}

const qc_section *qc_package_section(const qc_package *package, uint32_t index) {
  return index < qc_package_section_count(package) ? &package->sections[index] : NULL;
}

const qc_section *qc_package_find(const qc_package *package, qc_section_kind kind,
                                  qc_architecture architecture) {
  for (uint32_t i = 0; i < package->section_count; ++i) {
    const qc_section *section = &package->sections[i];
    if (section->kind == kind && section->architecture == architecture)
      return section;
  }
  return NULL;
}

static qc_status check_digest(const qc_section *section, const uint8_t digest[QC_SHA256_BYTES],
                              qc_error *error) {
  if (memcmp(digest, section->sha256, QC_SHA256_BYTES) == 0)
    return QC_OK;
  return qc_fail_section(error, QC_DAMAGED_SECTION, section,
                         "does not match its SHA-256; copy the file again");
}

qc_status qc_package_read(const qc_package *package, uint32_t index, void *raw, size_t raw_bytes,
                          qc_error *error) {
  const qc_section *section = qc_package_section(package, index);
  if (section == NULL || raw_bytes != section->raw_bytes || (raw == NULL && raw_bytes > 0)) {
    return qc_fail(error, QC_INVALID_ARGUMENT, NULL, "no such section, or another size");
  }
  const uint8_t *stored = NULL;
  void *owned = NULL;
  const size_t stored_bytes = (size_t)section->stored_bytes;
  qc_status status =
      qc_source_view(&package->source, section->offset, stored_bytes, &stored, &owned, error);
  if (status != QC_OK)
    return status;
  uint8_t digest[QC_SHA256_BYTES];
  qc_sha256(stored, stored_bytes, digest);
  status = check_digest(section, digest, error);
  if (status == QC_OK) {
    const char *fault = qc_decode(NULL, section->codec, stored, stored_bytes, raw, raw_bytes);
    if (fault != NULL)
      status = qc_fail_section(error, QC_MALFORMED_PACKAGE, section, "%s", fault);
  }
  free(owned);
  return status == QC_OK ? qc_succeed(error) : status;
}

qc_status qc_package_verify(const qc_package *package, uint32_t index, qc_error *error) {
  const qc_section *section = qc_package_section(package, index);
  if (section == NULL) {
    return qc_fail(error, QC_INVALID_ARGUMENT, NULL, "no such section");
  }
  uint8_t buffer[16384];
  uint64_t offset = section->offset;
  uint64_t left = section->stored_bytes;
  qc_sha256_state state;
  uint8_t digest[QC_SHA256_BYTES];
  qc_sha256_start(&state);
  while (left > 0) {
    const size_t part = left < sizeof buffer ? (size_t)left : sizeof buffer;
    const qc_status status = qc_source_read(&package->source, offset, buffer, part, error);
    if (status != QC_OK)
      return status;
    qc_sha256_add(&state, buffer, part);
    offset += part;
    left -= part;
  }
  qc_sha256_finish(&state, digest);
  const qc_status status = check_digest(section, digest, error);
  return status == QC_OK ? qc_succeed(error) : status;
}
