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

  private let isActive: Bool

  /// - Parameter isActive: whether anything is compressed.
  /// - Throws: `QC9001` when zstd has no memory.
  init(isActive: Bool = true) throws(Diagnostic) {
    self.isActive = isActive
    guard let context = ZSTD_createCCtx() else {
      throw Diagnostic(.internalError, "zstd has no memory for a context")
    }
    self.context = context
  }

  deinit { ZSTD_freeCCtx(context) }

  /// Frames refer back by at most this power of two of bytes, so that one that is decompressed while
  /// it is read needs little memory beside its result. Weights have no longer repetitions to lose.
  private static let windowLog: Int32 = 20
  /// What compression must save at least to be worth its time at open: one part of so many.
  private static let leastSaving = 16

  /// Compresses `raw`, or keeps it as it is where that saves less than a sixteenth.
  func store(_ raw: [UInt8]) throws(Diagnostic) -> Stored {
    guard isActive else { return Stored(codec: QC_CODEC_NONE, bytes: raw) }
    let capacity = ZSTD_compressBound(raw.count)
    var failure: String?
    let packed = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      ZSTD_CCtx_setParameter(
        context, ZSTD_c_compressionLevel, Compressor.level(for: raw.count))
      ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, Compressor.windowLog)
      let written = ZSTD_compress2(context, buffer.baseAddress, buffer.count, raw, raw.count)
      if ZSTD_isError(written) != 0 {
        failure = String(cString: ZSTD_getErrorName(written))
        count = 0
      } else {
        count = written
      }
    }
    if let failure { throw Diagnostic(.internalError, "zstd failed: \(failure)") }
    return packed.count < raw.count - raw.count / Compressor.leastSaving
      ? Stored(codec: QC_CODEC_ZSTD, bytes: packed) : Stored(codec: QC_CODEC_NONE, bytes: raw)
  }
}

extension qc_codec: @retroactive Hashable {}
