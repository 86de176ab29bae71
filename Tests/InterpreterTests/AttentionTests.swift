import GraphIR
import Interpreter
import QuantMath
import Tensors
import TestSupport
import Testing

@Suite("attention")
struct AttentionTests {
  private let heads = 4
  private let groups = 2
  private let queries = 5
  private let keys = 19
  private let depth = 6
  private let columns = 3

  private func mask() throws -> Value {
    try .f32((0..<keys).map { $0 % 4 == 3 ? -.infinity : 0 }, [1, 1, 1, keys])
  }

  /// `[1, groups, rows, columns]` with each head repeated.
  private func repeated(_ value: Value, _ rows: Int, _ columns: Int) throws -> Value {
    let single = try evaluate(
      .reshape(Reshape(Shape([1, groups, 1, rows, columns]))), [value])
    let wide = try evaluate(
      .expand(Reshape(Shape([1, groups, heads / groups, rows, columns]))), [Value(single)])
    return Value(try evaluate(.reshape(Reshape(Shape([1, heads, rows, columns]))), [Value(wide)]))
  }

  @Test func `attention is the product, the scale, the mask, the softmax and the product`() throws {
    var random = SeededGenerator(seed: 71)
    let q = try Value.f32(random.floats(heads * queries * depth), [1, heads, queries, depth])
    let k = try Value.f32(random.floats(groups * keys * depth), [1, groups, keys, depth])
    let v = try Value.f32(random.floats(groups * keys * columns), [1, groups, keys, columns])
    let mask = try mask()
    let turned = try evaluate(
      .transpose(Transpose([0, 1, 3, 2])), [try repeated(k, keys, depth)])
    let product = try evaluate(.matMul, [q, Value(turned)])
    let scaled = try evaluate(.binary(.mul), [Value(product), try .f32([0.4], [])])
    let masked = try evaluate(.binary(.add), [Value(scaled), mask])
    let softmax = try evaluate(.softmax(Softmax(axis: 3)), [Value(masked)])
    let expected = try evaluate(
      .matMul, [Value(softmax), try repeated(v, keys, columns)])
    let y = try evaluate(.attention(Attention(scale: 0.4)), [q, k, v, mask])
    #expect(isSame(y.floats, expected.floats))
  }

  /// The real result of integers, in fp64.
  private func exact(
    _ q: [UInt8], _ k: [Int8], _ v: [Int8], _ scales: (q: Double, k: Double, v: Double),
    zero: Int, scale: Double
  ) -> [Double] {
    (0..<heads * queries * columns).map { index in
      let (column, query, head) = (
        index % columns, index / columns % queries, index / columns / queries
      )
      let group = head / (heads / groups)
      let weights = (0..<keys).map { key -> Double in
        if key % 4 == 3 { return 0 }
        let dot = (0..<depth).reduce(0) {
          $0 + (Int(q[(head * queries + query) * depth + $1]) - zero)
            * Int(k[(group * keys + key) * depth + $1])
        }
        return (Double(dot) * scales.q * scales.k * scale).exponential
      }
      let sum = weights.reduce(0, +)
      return (0..<keys).reduce(0) {
        $0 + weights[$1] / sum * Double(v[(group * keys + $1) * columns + column]) * scales.v
      }
    }
  }

  @Test(arguments: [Attention.Probabilities.faithful, .unnormalized])
  func `q.attention is near the exact attention of its integers`(
    kind: Attention.Probabilities
  ) throws {
    var random = SeededGenerator(seed: 72)
    let (q, k) = (random.bytes(heads * queries * depth), random.weights(groups * keys * depth))
    let v = random.weights(groups * keys * columns)
    let y = try evaluate(
      .quantizedAttention(
        QuantizedAttention(scale: 0.4, probabilities: kind, result: .float)),
      [
        .u8(q, [1, heads, queries, depth], QuantParams(scale: 0.01, zeroPoint: 120)),
        .i8(k, [1, groups, keys, depth], QuantParams(scale: 0.01, zeroPoint: 0)),
        .i8(v, [1, groups, keys, columns], QuantParams(scale: 0.02, zeroPoint: 0)), try mask(),
      ])
    let reals = exact(q, k, v, (0.01, 0.01, 0.02), zero: 120, scale: 0.4)
    // Each probability is off by half a step: of 1, or of the largest one of the query.
    let bound = Double(keys) * 0.5 / 255 * 127 * 0.02
    #expect(zip(y.floats, reals).allSatisfy { abs(Double($0) - $1) <= bound })
    let mean =
      zip(y.floats, reals).reduce(0) { $0 + abs(Double($1.0) - $1.1) } / Double(reals.count)
    #expect(mean < bound / 8)
  }

  @Test(arguments: [Attention.Probabilities.faithful, .unnormalized])
  func `a query whose keys are all hidden gives zero`(kind: Attention.Probabilities) throws {
    let y = try evaluate(
      .quantizedAttention(
        QuantizedAttention(
          scale: 1, probabilities: kind,
          result: .quantized(.u8, QuantParams(scale: 0.1, zeroPoint: 9)))),
      [
        .u8([1, 2], [1, 1, 2], QuantParams(scale: 0.1, zeroPoint: 3)),
        .i8([5, 6, 7, 8], [1, 2, 2], QuantParams(scale: 0.1, zeroPoint: 0)),
        .i8([50, 60], [1, 2, 1], QuantParams(scale: 0.1, zeroPoint: 0)),
        .f32([-.infinity, -.infinity], [2]),
      ])
    #expect(y.elements(UInt8.self) == [9])
  }

  @Test(arguments: [Attention.Probabilities.faithful, .unnormalized])
  func `the quantized graph computes what its pairs say, to a step`(
    kind: Attention.Probabilities
  ) throws {
    var random = SeededGenerator(seed: 73)
    let qParams = try QuantParams(scale: 0.02, zeroPoint: 128)
    let params = try QuantParams(scale: 0.015, zeroPoint: 0)
    let q = try Value.u8(
      random.bytes(heads * queries * depth), [1, heads, queries, depth], qParams)
    let k = try Value.i8(
      random.weights(groups * keys * depth), [1, groups, keys, depth], params)
    let v = try Value.i8(
      random.weights(groups * keys * columns), [1, groups, keys, columns], params)
    let reals = try [q, k, v].map { Value(try evaluate(.dequantize, [$0])) }
    let float = try evaluate(
      .attention(Attention(scale: 0.3, probabilities: kind)), reals + [try mask()])
    let fused = try evaluate(
      .quantizedAttention(
        QuantizedAttention(scale: 0.3, probabilities: kind, result: .float)),
      [q, k, v, try mask()])
    #expect(zip(float.floats, fused.floats).allSatisfy { abs($0 - $1) <= 127 * 0.015 / 255 + 1e-5 })
  }
}

extension Double {
  /// e to this power, by the series of a small part squared up.
  fileprivate var exponential: Double {
    let part = self / 1024
    var (term, sum) = (1.0, 1.0)
    for n in 1...12 {
      term *= part / Double(n)
      sum += term
    }
    return (0..<10).reduce(sum) { value, _ in value * value }
  }
}
