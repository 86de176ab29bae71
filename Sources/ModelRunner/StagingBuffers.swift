// Unsafe pointers: `base` is one allocation, freed exactly once, by `deinit`; every range handed out
// lies in it, because the offsets are sums of the same sizes.

import Foundation

/// Aligned copies of the inputs and outputs of a run, one after the other, made once per context.
struct StagingBuffers: ~Copyable {
  private let base: UnsafeMutableRawPointer
  private let offsets: [Int]
  private let sizes: [Int]
  private static let alignment = 64

  /// Room for buffers of `sizes` bytes, each 64-byte aligned and followed by 64 bytes of slack.
  init(sizes: [Int]) {
    var offsets: [Int] = []
    var end = 0
    for size in sizes {
      offsets.append(end)
      end += (size + 2 * Self.alignment - 1) / Self.alignment * Self.alignment
    }
    base = .allocate(byteCount: end + Self.alignment, alignment: Self.alignment)
    base.initializeMemory(as: UInt8.self, repeating: 0, count: end + Self.alignment)
    self.offsets = offsets
    self.sizes = sizes
  }

  deinit { base.deallocate() }

  func pointer(_ index: Int) -> UnsafeMutableRawPointer { base + offsets[index] }

  /// Copies `data`, which has the buffer's size, into buffer `index`.
  func fill(_ index: Int, with data: Data) {
    precondition(data.count == sizes[index], "buffer \(index) has \(sizes[index]) bytes")
    let buffer = UnsafeMutableRawBufferPointer(start: pointer(index), count: sizes[index])
    data.withUnsafeBytes { buffer.copyMemory(from: $0) }
  }

  func contents(_ index: Int) -> Data { Data(bytes: pointer(index), count: sizes[index]) }
}
