import Diagnostics
import KernelIR
import QuantcRuntime

/// The weight frames of a program with equal ones joined, in order of first appearance.
struct FramePool {
  /// One frame for each different content.
  private(set) var frames: [Program.WeightFrame] = []
  /// For each frame of the program, its index in ``frames``.
  private(set) var indices: [Int] = []

  init(_ program: Program) {
    var known: [[UInt8]: Int] = [:]
    for frame in program.frames {
      if let index = known[frame.bytes] {
        indices.append(index)
      } else {
        known[frame.bytes] = frames.count
        indices.append(frames.count)
        frames.append(frame)
      }
    }
  }

  /// The weights section: index, then one zstd frame for each weight frame.
  func section(_ compressor: borrowing Compressor) throws(Diagnostic) -> [UInt8] {
    var index = ByteWriter()
    var contents = ByteWriter()
    var header = qc_weights_header()
    header.frame_count = UInt32(frames.count)
    index.append(header)
    for frame in frames {
      let stored = try compressor.store(frame.bytes)
      var entry = qc_weight_entry()
      entry.stored_bytes = UInt64(stored.bytes.count)
      entry.raw_bytes = UInt64(frame.bytes.count)
      entry.codec = stored.codec.rawValue
      index.append(entry)
      contents.append(stored.bytes)
    }
    index.append(contents.bytes)
    return index.bytes
  }
}
