/// Where a package's bytes come from: a file or memory.

#ifndef QUANTC_SOURCE_H
#define QUANTC_SOURCE_H

#include "quantc_package.h"

typedef struct qc_source {
  /// Of the open file; -1 for memory.
  int descriptor;
  const uint8_t *memory;
  uint64_t byte_count;
} qc_source;

/// Opens the regular file at `path`.
qc_status qc_source_open(qc_source *source, const char *path, qc_error *error);

void qc_source_close(qc_source *source);

/// Copies `byte_count` bytes from `offset`; the range must lie in the source.
qc_status qc_source_read(const qc_source *source, uint64_t offset, void *to, size_t byte_count,
                         qc_error *error);

/// The bytes of a range without copying where they are in memory, else read into `*owned`, which
/// the caller frees. `*owned` is null when nothing is to be freed.
qc_status qc_source_view(const qc_source *source, uint64_t offset, size_t byte_count,
                         const uint8_t **bytes, void **owned, qc_error *error);

#endif
