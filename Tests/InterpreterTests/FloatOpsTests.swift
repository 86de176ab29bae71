import Foundation
import GraphIR
import Interpreter
import QuantMath
import Tensors
import TestSupport
import Testing

@Suite("float ops")
struct FloatOpsTests {
  static let unary: [UnaryFunction] = [
    .relu, .leakyRelu(alpha: 0.1), .clip(lower: -1, upper: 1.5), .clip(lower: nil, upper: 0),
    .sigmoid, .tanh, .exp, .log, .sqrt, .reciprocal, .neg, .abs, .erf, .floor, .ceil, .round,
    .sign, .sin, .cos, .gelu(tanh: false), .gelu(tanh: true), .silu, .hardSwish,
    .hardSigmoid(alpha: 0.2, beta: 0.5), .elu(alpha: 0.7), .softplus,
  ]

  /// Numbers of every size, both signs, ties, ends of ranges, subnormals, infinities, NaN.
  static let arguments: [Float] = {
    var random = SeededGenerator(seed: 21)
    var result: [Float] = [
      0, -0.0, .nan, .infinity, -.infinity, .leastNonzeroMagnitude, -.leastNonzeroMagnitude,
      .leastNormalMagnitude, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 0.5, 1.5, -2.5,
      PolynomialCoefficients.Exp.lowerBound, PolynomialCoefficients.Exp.lowerBound.nextDown,
      PolynomialCoefficients.Exp.upperBound, PolynomialCoefficients.Exp.upperBound.nextUp,
      PolynomialCoefficients.Tanh.bound, PolynomialCoefficients.Erf.bound, 1, -1, 2.00001,
    ]
    result += (0..<3000).map { _ in random.logarithmic(-126...126) }
    result += (0..<3000).map { _ in random.logarithmic(-10...6) }
    return result
  }()

  @Test(arguments: unary)
  func `each function equals its scalar form bit for bit`(_ function: UnaryFunction) throws {
    let x = Self.arguments
    let y = try evaluate(.unary(function), [try .f32(x, [x.count])]).floats
    for (index, value) in x.enumerated() {
      let expected = try #require(function.value(at: value))
      #expect(isSame([y[index]], [expected]), "\(function.mnemonic)(\(value))")
    }
  }

  @Test func `pow equals its scalar form bit for bit`() throws {
    let exponents: [Float] = [
      0, 1, 2, 3, -1, -2, 0.5, -0.5, 1.5, 64, 65, -64, 101, .nan, .infinity, -3.75,
    ]
    for exponent in exponents {
      let y = try evaluate(
        .binary(.pow),
        [try .f32(Self.arguments, [Self.arguments.count]), try .f32([exponent], [1])]
      ).floats
      for (index, base) in Self.arguments.enumerated() {
        #expect(isSame([y[index]], [ReferenceMath.pow(base, exponent)]), "\(base)^\(exponent)")
      }
    }
  }

  @Test func `binary functions broadcast and select as defined`() throws {
    let a = try Value.f32([1, -2, .nan, 4, -0.0, 6], [2, 3])
    let b = try Value.f32([2, .nan, 3], [3])
    func floats(_ function: BinaryFunction) throws -> [Float] {
      try evaluate(.binary(function), [a, b]).floats
    }
    #expect(isSame(try floats(.add), [3, .nan, .nan, 6, .nan, 9]))
    #expect(isSame(try floats(.min), [1, .nan, 3, 2, .nan, 3]))
    #expect(isSame(try floats(.max), [2, .nan, 3, 4, .nan, 6]))
    #expect(isSame(try floats(.prelu), [1, .nan, .nan, 4, -0.0, 6]))
    let less = try evaluate(.binary(.less), [a, b])
    #expect(less.element == .bool)
    #expect(less.elements(UInt8.self) == [1, 0, 0, 0, 0, 0])
  }

  @Test(arguments: [1, 2, 15, 16, 17, 31, 33, 100])
  func `a reduction over the last axes has 16 lanes, another one chain`(_ n: Int) throws {
    var random = SeededGenerator(seed: UInt64(n))
    let x = random.floats(3 * n)
    let trailing = try Value.f32(x, [3, n])
    let leading = try evaluate(.transpose(Transpose([1, 0])), [trailing])
    for kind in Reduction.Kind.allCases {
      let lanes = try evaluate(
        .reduce(Reduction(kind, axes: [1], keepsAxes: false)), [trailing])
      let chain = try evaluate(
        .reduce(Reduction(kind, axes: [0], keepsAxes: true)), [Value(leading)])
      #expect(chain.shape.dims == [1, 3])
      for row in 0..<3 {
        let elements = Array(x[(row * n)..<((row + 1) * n)])
        #expect(isSame([lanes.floats[row]], [reduced(elements, kind, lanes: 16)]), "\(kind)")
        #expect(isSame([chain.floats[row]], [reduced(elements, kind, lanes: 1)]), "\(kind)")
      }
    }
  }

  private func reduced(_ x: [Float], _ kind: Reduction.Kind, lanes count: Int) -> Float {
    let start: Float =
      switch kind {
      case .sum, .mean, .sumOfSquares, .l1, .l2: 0
      case .prod: 1
      case .max: -.infinity
      case .min: .infinity
      }
    func join(_ a: Float, _ b: Float) -> Float {
      switch kind {
      case .sum, .mean, .sumOfSquares, .l1, .l2: a + b
      case .prod: a * b
      case .max: b > a ? b : a
      case .min: b < a ? b : a
      }
    }
    var lanes = [Float](repeating: start, count: count)
    for (index, value) in x.enumerated() {
      let lane = index % count
      switch kind {
      case .sumOfSquares, .l2: lanes[lane] = ReferenceMath.fma(value, value, lanes[lane])
      case .l1: lanes[lane] += abs(value)
      case .sum, .mean, .prod, .max, .min: lanes[lane] = join(lanes[lane], value)
      }
    }
    while lanes.count > 1 {
      let half = lanes.count / 2
      lanes = (0..<half).map { join(lanes[$0], lanes[$0 + half]) }
    }
    return kind == .mean
      ? lanes[0] / Float(x.count) : kind == .l2 ? lanes[0].squareRoot() : lanes[0]
  }

  @Test(arguments: [(1, 1), (3, 10), (2, 17), (4, 128)])
  func `softmax and layer norm are near their fp64 values`(_ rows: Int, _ n: Int) throws {
    var random = SeededGenerator(seed: 31)
    let x = random.floats(rows * n, in: -8...8)
    let (scale, bias) = (random.floats(n), random.floats(n))
    let soft = try evaluate(
      .softmax(Softmax(axis: 1)), [try .f32(x, [rows, n])]
    ).floats
    let logarithms = try evaluate(
      .softmax(Softmax(axis: 1, .log)), [try .f32(x, [rows, n])]
    ).floats
    let normal = try evaluate(
      .layerNorm(Normalization(axis: 1, epsilon: 1e-5)),
      [try .f32(x, [rows, n]), try .f32(scale, [n]), try .f32(bias, [n])]
    ).floats
    let rms = try evaluate(
      .rmsNorm(Normalization(axis: 1, epsilon: 1e-5)),
      [try .f32(x, [rows, n]), try .f32(scale, [n])]
    ).floats
    for row in 0..<rows {
      let values = x[(row * n)..<((row + 1) * n)].map { Double($0) }
      let sum = values.map { Foundation.exp($0) }.reduce(0, +)
      let mean = values.reduce(0, +) / Double(n)
      let variance = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(n)
      let square = values.map { $0 * $0 }.reduce(0, +) / Double(n)
      for i in 0..<n {
        let index = row * n + i
        let expected = Foundation.exp(values[i]) / sum
        #expect(abs(Double(soft[index]) - expected) <= 1e-6 * expected + 1e-12)
        #expect(abs(Double(logarithms[index]) - Foundation.log(expected)) <= 2e-6)
        let y = (values[i] - mean) / (variance + 1e-5).squareRoot()
        #expect(
          abs(Double(normal[index]) - (y * Double(scale[i]) + Double(bias[i]))) <= 1e-5 + 1e-3
            * (n == 1 ? 1 : 0))
        let r = values[i] / (square + 1e-5).squareRoot() * Double(scale[i])
        #expect(abs(Double(rms[index]) - r) <= 1e-5)
      }
    }
  }

  @Test func `softmax over another axis is a chain, and NaN stays NaN`() throws {
    let x = try Value.f32([1, .nan, 3, 4, 5, 6], [2, 3])
    let y = try evaluate(.softmax(Softmax(axis: 0)), [x]).floats
    #expect(y[1].isNaN && y[4].isNaN)
    #expect(abs(y[0] + y[3] - 1) < 1e-6)
    #expect(abs(y[2] + y[5] - 1) < 1e-6)
  }

  @Test(arguments: [(1, 3, 5), (4, 16, 16), (5, 33, 17), (9, 1, 31)])
  func `matmul is a chain of fma in ascending k, and broadcasts`(
    _ m: Int, _ k: Int, _ n: Int
  ) throws {
    var random = SeededGenerator(seed: 13)
    let (a, b) = (random.floats(2 * m * k), random.floats(2 * k * n))
    let y = try evaluate(.matMul, [try .f32(a, [2, m, k]), try .f32(b, [2, k, n])]).floats
    let shared = try evaluate(
      .matMul, [try .f32(a, [2, m, k]), try .f32(Array(b.prefix(k * n)), [k, n])]
    ).floats
    for index in 0..<(2 * m * n) {
      let (batch, row, column) = (index / (m * n), index / n % m, index % n)
      func chain(_ batchOfB: Int) -> Float {
        (0..<k).reduce(Float(0)) {
          ReferenceMath.fma(
            a[(batch * m + row) * k + $1], b[(batchOfB * k + $1) * n + column], $0)
        }
      }
      #expect(isSame([y[index], shared[index]], [chain(batch), chain(0)]))
    }
  }

  @Test func `pooling follows ceil mode, padding and dilation`() throws {
    let x = try Value.f32((1...16).map { Float($0) }, [1, 1, 4, 4])
    func pool(
      _ kind: Pooling.Kind, _ kernel: Int, stride: Int, pads: [Int], dilation: Int = 1,
      ceil: Bool = false, countsPad: Bool = false
    ) throws -> [Float] {
      try evaluate(
        .pool(
          Pooling(
            kind, kernel: [kernel, kernel], strides: [stride, stride], pads: pads,
            dilations: [dilation, dilation], ceilMode: ceil, countIncludesPad: countsPad)), [x]
      ).floats
    }
    #expect(try pool(.max, 3, stride: 2, pads: [0, 0, 0, 0], ceil: true) == [11, 12, 15, 16])
    #expect(
      try pool(.max, 2, stride: 1, pads: [0, 0, 0, 0], dilation: 2) == [11, 12, 15, 16])
    #expect(
      try pool(.average, 3, stride: 3, pads: [1, 1, 1, 1], ceil: true) == [3.5, 5.5, 11.5, 13.5])
    let sums: [Float] = [14, 22, 46, 54]
    #expect(
      try pool(.average, 3, stride: 3, pads: [1, 1, 1, 1], ceil: true, countsPad: true)
        == sums.map { $0 / 9 })
  }
}
