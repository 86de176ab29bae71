import Diagnostics
import GraphIR
import Interpreter
import QuantMath
import Tensors
import Testing

@Suite("movement, casts and integers")
struct MovementTests {
  private let x = (0..<24).map { Float($0) }

  @Test func `transpose, slice, concat, gather and expand move elements`() throws {
    let value = try Value.f32(x, [2, 3, 4])
    let transposed = try evaluate(.transpose(Transpose([2, 0, 1])), [value])
    #expect(transposed.shape.dims == [4, 2, 3])
    #expect(transposed.floats.prefix(7) == [0, 4, 8, 12, 16, 20, 1])
    let sliced = try evaluate(
      .slice(Slice(starts: [1, 2, 3], steps: [1, -1, -2], sizes: [1, 2, 2])), [value])
    #expect(sliced.floats == [23, 21, 19, 17])
    let joined = try evaluate(.concat(Concatenation(axis: 1)), [value, value])
    #expect(joined.shape.dims == [2, 6, 4])
    #expect(joined.floats[12..<16] == [0, 1, 2, 3])
    let gathered = try evaluate(.gather(Gather(axis: 2)), [value, try .i64([-1, 0], [2])])
    #expect(gathered.floats.prefix(4) == [3, 0, 7, 4])
    let expanded = try evaluate(
      .expand(Reshape(Shape([2, 2, 3]))), [try .f32([1, 2], [2, 1])])
    #expect(expanded.floats == [1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2])
    #expect(throws: Diagnostic.self) {
      try evaluate(.gather(Gather(axis: 2)), [value, try .i64([4], [1])])
    }
  }

  @Test func `four-bit tensors move their codes`() throws {
    let packed = try Tensor.integers(.i4, Shape([3, 3]), [1, -2, 3, -4, 5, -6, 7, -8, 0])
    let transposed = try evaluate(.transpose(Transpose([1, 0])), [Value(packed)])
    #expect(transposed.integers == [1, -4, 7, -2, 5, -8, 3, -6, 0])
  }

  @Test(arguments: [
    (Padding.Mode.constant, [Float(9), 9, 1, 2, 3, 9]), (.edge, [1, 1, 1, 2, 3, 3]),
    (.reflect, [3, 2, 1, 2, 3, 2]), (.wrap, [2, 3, 1, 2, 3, 1]),
  ]) func `padding modes`(_ mode: Padding.Mode, _ expected: [Float]) throws {
    let padded = try evaluate(
      .pad(Padding(mode, pads: [2, 1], value: 9)), [try .f32([1, 2, 3], [3])])
    #expect(padded.floats == expected)
  }

  @Test func `negative pads take away`() throws {
    let value = try Value.f32(x, [2, 12])
    let cut = try evaluate(
      .pad(Padding(.constant, pads: [0, -3, 1, -7], value: -1)), [value])
    #expect(cut.floats == [3, 4, 15, 16, -1, -1])
  }

  @Test func `casts truncate, wrap, round and saturate`() throws {
    func cast(_ values: [Float], _ element: ElementType) throws -> Tensor {
      try evaluate(.cast(Cast(element)), [try .f32(values, [values.count])])
    }
    #expect(try cast([1.9, -1.9, .nan, 300], .i32).integers == [1, -1, 0, 300])
    #expect(try cast([300, -1], .u8).integers == [44, 255])
    #expect(try cast([0, -0.0, 0.1, .nan], .bool).integers == [0, 0, 1, 1])
    #expect(try cast([3e18, -1e30], .i64).integers == [Int64(Float(3e18)), .min])
    #expect(try cast([1000, -.infinity], .f8e4m3).elements(UInt8.self) == [0x7e, 0xfe])
    let half = try evaluate(.cast(Cast(.f32)), [Value(try cast([1.0009765625, 70000], .f16))])
    #expect(half.floats == [1.0009765625, .infinity])
    let long = try Tensor.int64s([1 << 40, -1], [2])
    #expect(try evaluate(.cast(Cast(.i16)), [Value(long)]).integers == [0, -1])
  }

  @Test func `integer arithmetic wraps and divides as ONNX says`() throws {
    func run(_ function: BinaryFunction, _ a: [Int64], _ b: [Int64]) throws -> [Int64] {
      try evaluate(.binary(function), [.i64(a, [a.count]), .i64(b, [b.count])]).integers ?? []
    }
    #expect(try run(.div, [7, -7, 7], [2, 2, -2]) == [3, -3, -3])
    #expect(try run(.mod, [7, -7, 7], [3, 3, -3]) == [1, 2, -2])
    #expect(try run(.fmod, [7, -7, 7], [3, 3, -3]) == [1, -1, 1])
    #expect(try run(.add, [.max], [1]) == [.min])
    #expect(try run(.pow, [2, -3], [10, 3]) == [1024, -27])
    #expect(throws: Diagnostic.self) { try run(.div, [1], [0]) }
    let u8 = Value(try Tensor(.u8, Shape([2]), [200, 10] as [UInt8]))
    #expect(try evaluate(.binary(.add), [u8, u8]).integers == [144, 20])
    let big = Value(try Tensor(.u64, Shape([1]), [UInt64.max]))
    let two = Value(try Tensor(.u64, Shape([1]), [2 as UInt64]))
    #expect(try evaluate(.binary(.div), [big, two]).elements(UInt64.self) == [UInt64.max / 2])
    #expect(try evaluate(.binary(.less), [two, big]).elements(UInt8.self) == [1])
  }

  @Test func `resize takes the nearest element or interpolates`() throws {
    func resize(
      _ mode: Resize.Mode, _ values: [Float], to count: Int,
      _ coordinates: Resize.Coordinates = .halfPixel
    ) throws -> [Float] {
      let op = Resize(
        mode, coordinates: coordinates, rounding: .roundPreferFloor,
        scales: [Float(count) / Float(values.count)], sizes: [count])
      return try evaluate(.resize(op), [try .f32(values, [values.count])]).floats
    }
    #expect(try resize(.nearest, [1, 2], to: 4) == [1, 1, 2, 2])
    #expect(try resize(.linear, [1, 2], to: 4) == [1, 1.25, 1.75, 2])
    #expect(try resize(.linear, [1, 2, 3], to: 5, .alignCorners) == [1, 1.5, 2, 2.5, 3])
    let cubic = try resize(.cubic, [1, 2, 3, 4], to: 8)
    #expect(abs(cubic[0] - 0.89453125) < 1e-6)
    #expect(abs(cubic[3] - 2.296875) < 1e-6)
  }
}
