/// Weight frames put into place while their bytes come in.

#ifndef QUANTC_FRAMES_H
#define QUANTC_FRAMES_H

#include "weights.h"

struct ZSTD_DCtx_s;

/// Where in the sequence of frames the bytes are.
typedef struct qc_frames {
  const qc_weights *weights;
  /// The region's first byte.
  uint8_t *region;
  struct ZSTD_DCtx_s *decoder;
  /// The frame that the next byte belongs to, and how many of its stored bytes have come.
  uint32_t frame;
  uint64_t taken_bytes;
  /// How many of its raw bytes are in place.
  uint64_t made_bytes;
  /// What is wrong with `faulty_frame`, or null. Frames behind it are passed over.
  const char *fault;
  uint32_t faulty_frame;
} qc_frames;

/// Starts before the first frame. Returns whether there was memory for the decoder.
int qc_frames_start(qc_frames *frames, const qc_weights *weights, uint8_t *region);

/// Takes the next bytes of the section behind its index; all calls together take all frames.
void qc_frames_take(qc_frames *frames, const uint8_t *bytes, size_t byte_count);

/// Frees the decoder.
void qc_frames_finish(qc_frames *frames);

#endif
