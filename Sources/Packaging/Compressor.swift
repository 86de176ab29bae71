// Unsafe pointers: `context` is one zstd context, freed exactly once, by `deinit`.

import CZstd
import Diagnostics
import QuantcRuntime

/// zstd, one frame per call, with its content size, without checksum or dictionary.
struct Compressor: ~Copyable {
  /// Bytes as they go to the file.
  struct Stored: Hashable, Sendable {
    let codec: qc_codec
    let bytes: [UInt8]
  }

  /// The level for `byteCount` bytes: the densest one, but for tables of many megabytes, on which it
  /// would spend minutes for next to nothing.
  static func level(for byteCount: Int) -> Int32 { byteCount > 8 << 20 ? 6 : 19 }

  private let context: OpaquePointer

  init() throws(Diagnostic) {
    guard let context = ZSTD_createCCtx() else {
      throw Diagnostic(.internalError, "zstd has no memory for a context")
    }
    self.context = context
  }

  deinit { ZSTD_freeCCtx(context) }

  /// Compresses `raw`, or keeps it as it is where that is not larger.
  func store(_ raw: [UInt8]) throws(Diagnostic) -> Stored {
    let capacity = ZSTD_compressBound(raw.count)
    var failure: String?
    let packed = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      let written = ZSTD_compressCCtx(
        context, buffer.baseAddress, buffer.count, raw, raw.count,
        Compressor.level(for: raw.count))
      if ZSTD_isError(written) != 0 {
        failure = String(cString: ZSTD_getErrorName(written))
        count = 0
      } else {
        count = written
      }
    }
    if let failure { throw Diagnostic(.internalError, "zstd failed: \(failure)") }
    return packed.count < raw.count
      ? Stored(codec: QC_CODEC_ZSTD, bytes: packed) : Stored(codec: QC_CODEC_NONE, bytes: raw)
  }
}

extension qc_codec: @retroactive Hashable {}
