/// Decompression into buffers of exactly known size.

#ifndef QUANTC_CODEC_H
#define QUANTC_CODEC_H

#include "quantc_package.h"

/// Whether `stored_bytes` under `codec` can become `raw_bytes` at all: the check that precedes
/// every allocation.
int qc_sizes_possible(qc_codec codec, uint64_t stored_bytes, uint64_t raw_bytes);

/// What is wrong with the beginning of a zstd frame that shall make `raw_bytes` without a
/// dictionary; null when nothing is. 18 bytes are enough, or all that there are.
const char *qc_frame_fault(const void *stored, size_t stored_bytes, uint64_t raw_bytes);

struct ZSTD_DCtx_s;

/// Turns stored bytes into exactly `raw_bytes` at `raw`. Returns null, or what is wrong with them.
/// A zstd input must be one frame without dictionary whose header states `raw_bytes`. `decoder` is
/// reused between calls; null makes one for this call.
const char *qc_decode(struct ZSTD_DCtx_s *decoder, qc_codec codec, const void *stored,
                      size_t stored_bytes, void *raw, size_t raw_bytes);

#endif
