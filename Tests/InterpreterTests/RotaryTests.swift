import GraphIR
import Interpreter
import QuantMath
import Tensors
import TestSupport
import Testing

@Suite("rotary embedding")
struct RotaryTests {
  private let heads = 3
  private let rows = 5
  private let width = 10

  /// `[1, heads, rows, width]`, and cosines and sines `[rows, size / 2]`.
  private func operands(size: Int) throws -> [Value] {
    var random = SeededGenerator(seed: 81)
    let angles = random.floats(rows * size / 2, in: -7...7)
    return [
      try .f32(random.floats(heads * rows * width), [1, heads, rows, width]),
      try .f32(angles.map { Float(ReferenceMath.cos($0)) }, [rows, size / 2]),
      try .f32(angles.map { Float(ReferenceMath.sin($0)) }, [rows, size / 2]),
    ]
  }

  @Test(arguments: RotaryEmbedding.Pairing.allCases, [2, 6, 10])
  func `each pair turns by its angle, the others stay`(
    pairing: RotaryEmbedding.Pairing, size: Int
  ) throws {
    let values = try operands(size: size)
    let (x, c, s) = (values[0].tensor.floats, values[1].tensor.floats, values[2].tensor.floats)
    let y = try evaluate(.rotaryEmbedding(RotaryEmbedding(pairing, size: size)), values).floats
    for index in y.indices {
      let (row, place) = (index / width % rows, index % width)
      guard place < size else {
        #expect(y[index] == x[index])
        continue
      }
      let pair = pairing == .halves ? place % (size / 2) : place / 2
      let isSecond = pairing == .halves ? place >= size / 2 : place % 2 == 1
      let distance = pairing == .halves ? size / 2 : 1
      let other = Double(x[isSecond ? index - distance : index + distance])
      let (cosine, sine) = (
        Double(c[row * size / 2 + pair]), Double(s[row * size / 2 + pair])
      )
      let exact = Double(x[index]) * cosine + (isSecond ? 1 : -1) * other * sine
      // Two products and a sum of numbers up to 2, each rounded once.
      #expect(abs(Double(y[index]) - exact) <= 4 * 0x1p-23)
    }
  }

  @Test(arguments: [ElementType.u8, .i8, .f32], [ElementType.u8, .i8, .f32])
  func `integers are dequantized, turned and quantized`(
    from: ElementType, to: ElementType
  ) throws {
    guard from != .f32 || to != .f32 else { return }
    var random = SeededGenerator(seed: 82)
    var values = try operands(size: 6)
    let count = heads * rows * width
    let params = try QuantParams(scale: 0.017, zeroPoint: from == .u8 ? 120 : 0)
    let dims = values[0].tensor.shape.dims
    var real = values[0]
    if from == .u8 { values[0] = try .u8(random.bytes(count), dims, params) }
    if from == .i8 { values[0] = try .i8(random.weights(count), dims, params) }
    if from != .f32 { real = Value(try evaluate(.dequantize, [values[0]])) }
    let rotary = try RotaryEmbedding(.halves, size: 6)
    let turned = try evaluate(.rotaryEmbedding(rotary), [real, values[1], values[2]])
    var (result, expected) = (QuantizedResult.float, turned)
    if to != .f32 {
      let own = try QuantParams(scale: 0.011, zeroPoint: to == .u8 ? 131 : 0)
      result = .quantized(to, own)
      expected = try evaluate(.quantize(Quantize(to, own)), [Value(turned)])
    }
    let y = try evaluate(
      .quantizedRotaryEmbedding(QuantizedRotaryEmbedding(rotary, result: result)), values)
    #expect(y == expected)
  }
}
