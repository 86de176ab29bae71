#include "codec.h"

#include <string.h>
#include <zstd.h>

int qc_sizes_possible(qc_codec codec, uint64_t stored_bytes, uint64_t raw_bytes) {
  if (codec == QC_CODEC_NONE)
    return stored_bytes == raw_bytes;
  if (codec != QC_CODEC_ZSTD || stored_bytes == 0 || raw_bytes == 0)
    return 0;
  return raw_bytes / QC_MAX_RATIO <= stored_bytes;
}

const char *qc_frame_fault(const void *stored, size_t stored_bytes, uint64_t raw_bytes) {
  uint32_t magic = 0;
  if (stored_bytes >= sizeof magic)
    memcpy(&magic, stored, sizeof magic);
  if (magic != ZSTD_MAGICNUMBER)
    return "is not a zstd frame";
  if (ZSTD_getFrameContentSize(stored, stored_bytes) != raw_bytes) {
    return "states another size in its zstd frame than in its index";
  }
  if (ZSTD_getDictID_fromFrame(stored, stored_bytes) != 0)
    return "needs a zstd dictionary";
  return NULL;
}

const char *qc_decode(struct ZSTD_DCtx_s *decoder, qc_codec codec, const void *stored,
                      size_t stored_bytes, void *raw, size_t raw_bytes) {
  if (codec == QC_CODEC_NONE) {
    if (raw_bytes > 0)
      memcpy(raw, stored, raw_bytes);
    return NULL;
  }
  const char *fault = qc_frame_fault(stored, stored_bytes, raw_bytes);
  if (fault != NULL)
    return fault;
  if (ZSTD_findFrameCompressedSize(stored, stored_bytes) != stored_bytes) {
    return "is not exactly one zstd frame";
  }
  const size_t written = decoder == NULL
                             ? ZSTD_decompress(raw, raw_bytes, stored, stored_bytes)
                             : ZSTD_decompressDCtx(decoder, raw, raw_bytes, stored, stored_bytes);
  return written == raw_bytes ? NULL : "does not decompress";
}
