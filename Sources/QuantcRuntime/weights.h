/// The weights section: frames decompressed straight into place.

#ifndef QUANTC_WEIGHTS_H
#define QUANTC_WEIGHTS_H

#include "package.h"
#include "region.h"

/// The checked index of a weights section.
typedef struct qc_weights {
  /// Null when the package has no weights.
  const qc_section *section;
  uint32_t frame_count;
  qc_weight_entry *entries;
  /// Raw size of each frame, in bytes.
  uint64_t *frame_bytes;
  /// Byte offset of each frame in the region, a multiple of 64; `UINT64_MAX` for unused frames.
  uint64_t *places;
  /// Size of the region with alignment and slack.
  uint64_t region_bytes;
} qc_weights;

/// Reads the index of the package's weights section, proving every size; no frame is read yet.
qc_status qc_weights_open(qc_weights *weights, const qc_package *package, qc_error *error);

/// Gives frame `frame` a place in the region, if it has none.
void qc_weights_place(qc_weights *weights, uint32_t frame);

/// Reads and hashes the whole section and decompresses the placed frames into `region`, hashing on
/// this thread and decompressing on another one where there is much.
qc_status qc_weights_load(const qc_weights *weights, const qc_package *package,
                          const qc_region *region, qc_error *error);

/// Frees the index. `section` stays set, also after a failed `qc_weights_open`.
void qc_weights_close(qc_weights *weights);

#endif
