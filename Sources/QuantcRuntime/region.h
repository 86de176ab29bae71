/// Zero-filled anonymous memory, page-aligned.

#ifndef QUANTC_REGION_H
#define QUANTC_REGION_H

#include "quantc_package.h"

typedef struct qc_region {
  /// First byte, aligned to 64 at least; null when empty.
  uint8_t *bytes;
  uint64_t byte_count;
  /// What was mapped to get there.
  void *mapping;
  size_t mapping_bytes;
} qc_region;

/// Maps `byte_count` bytes; large regions are aligned and offered to huge pages. `populate` touches
/// every page now, so that no page fault comes later.
qc_status qc_region_map(qc_region *region, uint64_t byte_count, int populate, qc_error *error);

/// Unmaps; an empty region is allowed.
void qc_region_unmap(qc_region *region);

#endif
