import CReference
import KernelIR
import Tensors
import TestSupport
import Testing

@Suite("movement kernels")
struct FloatMovementTests {
  /// A view of a row-major array that is copied to a dense one.
  private struct View {
    let name: String
    let source: Int
    let extents: [Int]
    /// In elements.
    let strides: [Int]
    var origin = 0
  }

  private static let views: [View] = [
    View(name: "whole", source: 5000, extents: [5, 1000], strides: [1000, 1]),
    View(name: "transpose", source: 37 * 23, extents: [23, 37], strides: [1, 23]),
    View(
      name: "to planar", source: 2 * 20 * 9 * 16, extents: [2, 16, 20, 9],
      strides: [2880, 1, 144, 16]),
    View(
      name: "to interleaved", source: 2 * 33 * 40, extents: [2, 40, 33], strides: [1320, 1, 40]),
    View(name: "slice", source: 600, extents: [4, 7, 3], strides: [100, 10, 2], origin: 11),
    View(name: "reversed", source: 60, extents: [6, 10], strides: [-10, -1], origin: 59),
    View(name: "expanded", source: 12, extents: [3, 4, 5, 6], strides: [4, 1, 0, 0]),
    View(name: "filled", source: 1, extents: [3000], strides: [0]),
    View(name: "axes", source: 720, extents: [2, 3, 4, 5, 6], strides: [1, 2, 6, 24, 120]),
  ]

  @Test func `a copy moves any strided view`() throws {
    var random = SeededGenerator(seed: 41)
    let sizes = [1, 2, 4, 8].flatMap { bytes in FloatMovementTests.views.map { (bytes, $0) } }
    let calls = try sizes.map { bytes, view in
      try MoveKernel(
        elementBytes: bytes, extents: view.extents, input: view.strides.map { $0 * bytes },
        output: StridedLoop.rowMajor(view.extents, elementBytes: bytes),
        inputOrigin: view.origin * bytes
      ).call()
    }
    let loaded = try FloatVariants(calls)
    for (call, (bytes, view)) in zip(calls, sizes) {
      let x = random.bytes(view.source * bytes)
      let expected = indices(of: view.extents).flatMap { index -> [UInt8] in
        let at = (view.origin + zip(index, view.strides).map(*).reduce(0, +)) * bytes
        return Array(x[at..<at + bytes])
      }
      loaded.expect(
        call, inputs: [x], blank: [UInt8](repeating: 0xa5, count: expected.count),
        gives: expected, view.name, isFloat: false)
    }
  }

  @Test func `a part of a concatenation leaves the rest alone`() throws {
    let call = try MoveKernel(
      elementBytes: 4, extents: [3, 2], input: [8, 4], output: [20, 4], outputOrigin: 8
    ).call()
    let x = (0..<24).map(UInt8.init)
    var expected = [UInt8](repeating: 0xa5, count: 60)
    for row in 0..<3 {
      expected.replaceSubrange(8 + 20 * row..<16 + 20 * row, with: x[8 * row..<8 * row + 8])
    }
    try FloatVariants([call]).expect(
      call, inputs: [x], blank: [UInt8](repeating: 0xa5, count: 60), gives: expected, "part",
      isFloat: false)
  }

  @Test func `a remap pads and repeats`() throws {
    let x = (0..<30).map { UInt8($0 + 1) }
    // Rows 5 x columns 2 x blocks of 3 bytes; reflected rows, filled columns.
    let rows = [2, 1, 0, 1, 2, 3, 4, 3]
    let axes = [
      RemapKernel.Axis(sources: rows.map { $0 * 6 }, outputStride: 12),
      RemapKernel.Axis(sources: [nil, 0, 3, nil], outputStride: 3),
    ]
    let call = try RemapKernel(axes: axes, blockBytes: 3, fill: [7]).call()
    let expected = rows.flatMap { row -> [UInt8] in
      let fill: [UInt8] = [7, 7, 7]
      let data = Array(x[row * 6..<row * 6 + 6])
      return fill + data + fill
    }
    let words: [Float] = [1, 2, 3]
    let wordAxis = RemapKernel.Axis(sources: [nil, 0, 0, 4, 8, nil], outputStride: 4)
    let wordCall = try RemapKernel(
      axes: [wordAxis], blockBytes: 4, fill: littleEndian([Float(-2)])
    ).call()
    let loaded = try FloatVariants([call, wordCall])
    loaded.expect(
      call, inputs: [x], blank: [UInt8](repeating: 0, count: 96), gives: expected, "bytes",
      isFloat: false)
    loaded.expect(wordCall, inputs: [words], gives: [-2, 1, 1, 2, 3, -2], "words")
  }

  @Test func `a gather wraps negative indices and clamps the others`() throws {
    let data = (0..<24).map(UInt8.init)
    let indices: [Int64] = [0, -1, 3, 9, -9]
    let places = [0, 3, 3, 3, 0]
    let expected = (0..<2).flatMap { outer in
      places.flatMap { place -> [UInt8] in
        let at = outer * 12 + place * 3
        return Array(data[at..<at + 3])
      }
    }
    let calls = [ElementType.i64, .i32].map {
      GatherKernel(indices: $0, outer: 2, extent: 4, indexCount: 5, blockBytes: 3).call()
    }
    let loaded = try FloatVariants(calls)
    for (call, bytes) in zip(calls, [littleEndian(indices), littleEndian(indices.map(Int32.init))])
    {
      loaded.expect(
        call, inputs: [data, bytes], blank: [UInt8](repeating: 0, count: 30), gives: expected,
        call.spec.symbol, isFloat: false)
    }
  }

  @Test(arguments: [1, 15, 16, 17, 31, 32, 33, 47, 80])
  func `an embedding dequantizes rows of every width`(width: Int) throws {
    var random = SeededGenerator(seed: 43)
    let rows = 5
    let table = random.bytes(rows * width)
    let scales = random.floats(rows)
    let zeroPoints: [Int32] = [0, 3, -7, 255, 128]
    let indices: [Int64] = [4, -1, 0, -9, 2, 77]
    let places: [Int64] = [4, 4, 0, 0, 2, 4]
    let cases = [ElementType.i8, .u8].flatMap { element in
      [ElementType.i64, .i32].flatMap { index in [false, true].map { (element, index, $0) } }
    }
    let calls = cases.map { element, index, hasZeros in
      EmbeddingKernel(
        element, indices: index, width: width, indexCount: indices.count, scales: scales,
        zeroPoints: hasZeros ? zeroPoints : zeroPoints.map { _ in 0 }
      ).call()
    }
    let loaded = try FloatVariants(calls)
    for (call, (element, index, hasZeros)) in zip(calls, cases) {
      var y = [Float](repeating: 0, count: indices.count * width)
      qr_embedding(
        Int64(indices.count), Int64(width), table, element == .i8, places,
        places.map { scales[Int($0)] }, places.map { hasZeros ? zeroPoints[Int($0)] : 0 }, &y)
      let ids = index == .i64 ? littleEndian(indices) : littleEndian(indices.map { Int32($0) })
      loaded.expect(
        call, inputs: [table, ids], blank: [UInt8](repeating: 0xa5, count: y.count * 4),
        gives: littleEndian(y), "\(element), \(index), zero points: \(hasZeros)")
    }
  }

  @Test func `interpolation equals the reference`() throws {
    var random = SeededGenerator(seed: 42)
    for inner in [1, 40] { try checkInterpolation(inner, &random) }
  }

  private func checkInterpolation(_ inner: Int, _ random: inout SeededGenerator) throws {
    let (outer, extent, result) = (3, 6, 11)
    let x = random.floats(outer * extent * inner)
    let low = (0..<result).map { _ in random.below(extent) }
    let high = (0..<result).map { _ in random.below(extent) }
    let factors = random.floats(result)
    let linear = InterpolationKernel(
      .linear(positions: zip(low, high).flatMap { [$0, $1] }, factors: factors), outer: outer,
      extent: extent, inner: inner
    ).call()
    let positions = (0..<4 * result).map { _ in random.below(extent) }
    let weights = random.floats(4 * result)
    let cubic = InterpolationKernel(
      .cubic(positions: positions, weights: weights), outer: outer, extent: extent, inner: inner
    ).call()
    let loaded = try FloatVariants([linear, cubic])
    var y = [Float](repeating: 0, count: outer * result * inner)
    qr_interpolate_linear(
      Int64(outer), Int64(extent), Int64(inner), Int64(result), low.map(Int64.init),
      high.map(Int64.init), factors, x, &y)
    loaded.expect(linear, inputs: [x], gives: y, "linear")
    qr_interpolate(
      Int64(outer), Int64(extent), Int64(inner), Int64(result), 4, positions.map(Int64.init),
      weights, x, &y)
    loaded.expect(cubic, inputs: [x], gives: y, "cubic")
  }

  @Test func `a cast truncates, wraps and saturates as the definition says`() throws {
    let floats: [Float] = [0, -0.0, 1.9, -1.9, 300, -300, 3e9, -3e9, 1e19, -1e19, .nan, .infinity]
    let whole: [Int64] = [
      0, 0, 1, -1, 300, -300, 3_000_000_000, -3_000_000_000, .max, .min, 0, .max,
    ]
    let integers: [Int64] = [0, 1, -1, 127, 128, 255, 256, 1 << 40, .min, .max, 7, 9]
    let checks: [(ElementType, ElementType, [UInt8], [UInt8])] = [
      (.f32, .i64, littleEndian(floats), littleEndian(whole)),
      (.f32, .i32, littleEndian(floats), littleEndian(whole.map { Int32(truncatingIfNeeded: $0) })),
      (.f32, .u8, littleEndian(floats), whole.map { UInt8(truncatingIfNeeded: $0) }),
      (.f32, .bool, littleEndian(floats), floats.map { $0 == 0 ? 0 : 1 }),
      (.i64, .f32, littleEndian(integers), littleEndian(integers.map { Float($0) })),
      (.i64, .i8, littleEndian(integers), integers.map { UInt8(truncatingIfNeeded: $0) }),
      (.i64, .bool, littleEndian(integers), integers.map { $0 == 0 ? 0 : 1 }),
      (.i8, .i32, [0, 1, 255, 128], littleEndian([0, 1, -1, -128] as [Int32])),
    ]
    let calls = try checks.map { from, to, x, _ in
      try CastKernel(from: from, to: to, count: x.count * 8 / from.bitWidth).call()
    }
    let loaded = try FloatVariants(calls)
    for (call, check) in zip(calls, checks) {
      loaded.expect(
        call, inputs: [check.2], blank: [UInt8](repeating: 0xa5, count: check.3.count),
        gives: check.3, "\(check.0) to \(check.1)", isFloat: false)
    }
  }
}
