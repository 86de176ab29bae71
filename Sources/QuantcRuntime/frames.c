#include "frames.h"

#include <string.h>
#include <zstd.h>

#include "codec.h"

int qc_frames_start(qc_frames *frames, const qc_weights *weights, uint8_t *region) {
  *frames = (qc_frames){.weights = weights, .region = region, .decoder = ZSTD_createDCtx()};
  return frames->decoder != NULL;
}

void qc_frames_finish(qc_frames *frames) {
  ZSTD_freeDCtx(frames->decoder);
  frames->decoder = NULL;
}

/// Decompresses a part of the current frame straight into place. Returns null, or what is wrong.
static const char *decompress(qc_frames *frames, const qc_weight_entry *entry,
                              const uint8_t *bytes, size_t byte_count) {
  uint8_t *raw = frames->region + frames->weights->places[frames->frame];
  if (frames->taken_bytes == 0 && byte_count == entry->stored_bytes) {
    frames->made_bytes = entry->raw_bytes;
    return qc_decode(frames->decoder, QC_CODEC_ZSTD, bytes, byte_count, raw,
                     (size_t)entry->raw_bytes);
  }
  if (frames->taken_bytes == 0) {
    ZSTD_DCtx_reset(frames->decoder, ZSTD_reset_session_only);
    const char *fault = qc_frame_fault(bytes, byte_count, entry->raw_bytes);
    if (fault != NULL)
      return fault;
  }
  const int is_last = frames->taken_bytes + byte_count == entry->stored_bytes;
  ZSTD_inBuffer in = {bytes, byte_count, 0};
  ZSTD_outBuffer out = {raw, (size_t)entry->raw_bytes, (size_t)frames->made_bytes};
  size_t left = 1;
  while (in.pos < in.size && left != 0) {
    const size_t before = in.pos + out.pos;
    left = ZSTD_decompressStream(frames->decoder, &out, &in);
    if (ZSTD_isError(left) || in.pos + out.pos == before)
      return "does not decompress";
  }
  frames->made_bytes = out.pos;
  if (left == 0 && (in.pos < in.size || !is_last))
    return "is not exactly one zstd frame";
  return is_last && (left != 0 || out.pos != out.size) ? "does not decompress" : NULL;
}

/// Takes bytes of the current frame.
static const char *take_part(qc_frames *frames, const qc_weight_entry *entry, const uint8_t *bytes,
                             size_t byte_count) {
  if (entry->codec == QC_CODEC_ZSTD)
    return decompress(frames, entry, bytes, byte_count);
  uint8_t *raw = frames->region + frames->weights->places[frames->frame];
  memcpy(raw + frames->taken_bytes, bytes, byte_count);
  return NULL;
}

void qc_frames_take(qc_frames *frames, const uint8_t *bytes, size_t byte_count) {
  const qc_weights *weights = frames->weights;
  while (byte_count > 0 && frames->frame < weights->frame_count) {
    const qc_weight_entry *entry = &weights->entries[frames->frame];
    const uint64_t missing = entry->stored_bytes - frames->taken_bytes;
    const size_t part = missing < byte_count ? (size_t)missing : byte_count;
    if (part > 0 && frames->fault == NULL && weights->places[frames->frame] != UINT64_MAX) {
      frames->fault = take_part(frames, entry, bytes, part);
      frames->faulty_frame = frames->frame;
    }
    bytes += part;
    byte_count -= part;
    frames->taken_bytes += part;
    if (frames->taken_bytes == entry->stored_bytes) {
      frames->frame += 1;
      frames->taken_bytes = 0;
      frames->made_bytes = 0;
    }
  }
}
