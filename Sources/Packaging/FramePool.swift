import Diagnostics
import Dispatch
import KernelIR
import QuantcRuntime
import Synchronization

/// The weight frames of a program with equal ones joined, in order of first appearance.
struct FramePool {
  /// One frame for each different content.
  private(set) var frames: [Program.WeightFrame] = []
  /// For each frame of the program, its index in ``frames``.
  private(set) var indices: [Int] = []

  init(_ program: Program) {
    var known: [FrameContent: Int] = [:]
    for frame in program.frames {
      let content = FrameContent(frame.bytes)
      if let index = known[content] {
        indices.append(index)
      } else {
        known[content] = frames.count
        indices.append(frames.count)
        frames.append(frame)
      }
    }
  }

  /// The weights section: index, then one zstd frame for each weight frame, or its bytes as they are.
  func section(compresses: Bool = true) throws(Diagnostic) -> [UInt8] {
    var index = ByteWriter()
    var contents = ByteWriter()
    var header = qc_weights_header()
    header.frame_count = UInt32(frames.count)
    index.append(header)
    for (frame, stored) in zip(frames, try stored(compresses)) {
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

  /// The frames stored side by side, in their order.
  private func stored(_ compresses: Bool) throws(Diagnostic) -> [Compressor.Stored] {
    let results = Mutex<[Int: Result<Compressor.Stored, Diagnostic>]>([:])
    DispatchQueue.concurrentPerform(iterations: frames.count) { index in
      let result: Result<Compressor.Stored, Diagnostic>
      do throws(Diagnostic) {
        result = .success(try Compressor(isActive: compresses).store(frames[index].bytes))
      } catch {
        result = .failure(error)
      }
      results.withLock { $0[index] = result }
    }
    var stored: [Compressor.Stored] = []
    for index in frames.indices {
      guard let result = results.withLock({ $0[index] }) else {
        throw Diagnostic(.internalError, "a weight frame was not compressed")
      }
      stored.append(try result.get())
    }
    return stored
  }
}
