import QuantcRuntime
import Testing

/// Values of any layout come out of a tap in row-major order, and go back into it.
@Suite("tap copies")
struct TapCopyTests {
  /// Shapes with the order of their axes in memory, outermost first.
  static let layouts: [(extents: [Int64], order: [Int])] = [
    ([], []), ([7], [0]), ([3, 5], [0, 1]), ([3, 5], [1, 0]), ([1, 1], [0, 1]),
    ([2, 17, 3, 33], [0, 2, 3, 1]), ([2, 17, 3, 33], [0, 1, 2, 3]),
    ([1, 40, 16, 16], [0, 2, 3, 1]),
    ([2, 3, 4, 5], [3, 1, 0, 2]), ([4, 1, 18, 2, 3], [2, 0, 4, 3, 1]), ([2, 1, 19], [2, 1, 0]),
  ]

  @Test(arguments: layouts, [(1, 0), (4, 0), (4, 1), (8, 3)])
  func `a copy is row-major, and its replacement changes nothing else`(
    _ layout: (extents: [Int64], order: [Int]), _ element: (size: Int64, gap: Int64)
  ) throws {
    let (extents, size) = (layout.extents, element.size)
    var strides = [Int64](repeating: 0, count: extents.count)
    var end = size
    for axis in layout.order.reversed() {
      strides[axis] = end
      end = end * extents[axis] + element.gap * size
    }
    var memory = (0..<Int(end)).map { UInt8(truncatingIfNeeded: $0 &* 167 ^ $0 >> 8) }
    let count = Int(extents.reduce(1, *))
    var expected: [UInt8] = []
    var replaced = memory
    for index in 0..<count {
      var (rest, place) = (Int64(index), Int64(0))
      for axis in extents.indices.reversed() {
        place += rest % extents[axis] * strides[axis]
        rest /= extents[axis]
      }
      expected += memory[Int(place)..<Int(place + size)]
      for byte in Int(place)..<Int(place + size) { replaced[byte] = ~replaced[byte] }
    }
    let type: qc_element_type = size == 1 ? QC_U8 : size == 4 ? QC_F32 : QC_I64
    var copy = [UInt8](repeating: 0, count: expected.count)
    extents.withUnsafeBufferPointer { extents in
      strides.withUnsafeBufferPointer { strides in
        var tap = qc_tap()
        tap.type.element = type
        tap.type.rank = UInt32(extents.count)
        tap.type.extents = extents.baseAddress
        tap.type.byte_count = UInt64(expected.count)
        tap.strides = strides.baseAddress
        qc_tap_copy(&tap, memory, &copy)
        memory.withUnsafeMutableBytes { memory in
          qc_tap_replace(&tap, memory.baseAddress, copy.map { ~$0 })
        }
      }
    }
    #expect(copy == expected)
    #expect(memory == replaced)
  }
}
