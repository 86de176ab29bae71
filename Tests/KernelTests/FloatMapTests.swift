import CReference
import KernelIR
import QuantMath
import Tensors
import TestSupport
import Testing

@Suite("map kernels")
struct FloatMapTests {
  private static let unary: [(MapFunction, qr_unary, [Float])] = [
    (.relu, QR_RELU, []), (.leakyRelu, QR_LEAKY_RELU, [0.1]), (.sigmoid, QR_SIGMOID, []),
    (.tanh, QR_TANH, []), (.exp, QR_EXP, []), (.log, QR_LOG, []), (.sqrt, QR_SQRT, []),
    (.reciprocal, QR_RECIPROCAL, []), (.neg, QR_NEG, []), (.abs, QR_ABS, []), (.erf, QR_ERF, []),
    (.floor, QR_FLOOR, []), (.ceil, QR_CEIL, []), (.round, QR_ROUND, []), (.sign, QR_SIGN, []),
    (.sin, QR_SIN, []), (.cos, QR_COS, []), (.gelu, QR_GELU, []), (.geluTanh, QR_GELU_TANH, []),
    (.silu, QR_SILU, []), (.hardSwish, QR_HARD_SWISH, []),
    (.hardSigmoid, QR_HARD_SIGMOID, [0.2, 0.5]), (.elu, QR_ELU, [1.25]),
    (.softplus, QR_SOFTPLUS, []), (.lowerBound, QR_CLIP, [-0.75]),
  ]

  @Test func `every function of one element equals the reference`() throws {
    var random = SeededGenerator(seed: 21)
    let x = random.awkwardFloats(509)
    let calls = try FloatMapTests.unary.map { function, _, constants in
      var expression = MapExpression(.f32, inputs: [.f32])
      expression.apply(function, 0, constants: constants.map(Double.init))
      return try MapKernel(expression, shapes: [[x.count]], result: [x.count]).call()
    }
    let loaded = try FloatVariants(calls)
    for (call, (function, reference, constants)) in zip(calls, FloatMapTests.unary) {
      var y = x
      withUnsafePointer(to: referenceConstants) {
        qr_unary_f32(
          $0, reference, constants.first ?? 0, constants.count > 1 ? constants[1] : .nan,
          Int64(x.count), x, &y)
      }
      loaded.expect(call, inputs: [x], gives: y, function.rawValue)
    }
  }

  private static let binary: [(MapFunction, qr_binary)] = [
    (.add, QR_ADD), (.sub, QR_SUB), (.mul, QR_MUL), (.div, QR_DIV), (.pow, QR_POW),
    (.min, QR_MINIMUM), (.max, QR_MAXIMUM), (.prelu, QR_PRELU),
  ]

  @Test func `every function of two elements equals the reference`() throws {
    var random = SeededGenerator(seed: 22)
    let values = random.awkwardFloats(64)
    let a = values.flatMap { value in values.map { _ in value } }
    let b = values.flatMap { _ in values }
    let calls = try FloatMapTests.binary.map { function, _ in
      var expression = MapExpression(.f32, inputs: [.f32, .f32])
      expression.apply(function, 0, 1)
      return try MapKernel(expression, shapes: [[a.count], [a.count]], result: [a.count]).call()
    }
    let loaded = try FloatVariants(calls)
    for (call, (function, reference)) in zip(calls, FloatMapTests.binary) {
      var y = a
      withUnsafePointer(to: referenceConstants) {
        qr_binary_f32($0, reference, Int64(a.count), a, b, &y)
      }
      loaded.expect(call, inputs: [a, b], gives: y, function.rawValue)
    }
  }

  @Test func `fused multiply-add is rounded once and remainders are exact, on every variant`()
    throws
  {
    var random = SeededGenerator(seed: 23)
    let count = 2000
    let (a, b) = (random.awkwardFloats(count), random.awkwardFloats(count))
    // Near the negated product, where a sum that is rounded twice shows.
    let c = zip(a, b).map { -($0 * $1) * Float([1, 1, 0x1p-24, 0x1.000002p0][random.below(4)]) }
    let functions: [(MapFunction, [Float])] = [
      (.fma, (0..<count).map { ReferenceMath.fma(a[$0], b[$0], c[$0]) }),
      (.fmod, zip(a, b).map { $0.truncatingRemainder(dividingBy: $1) }),
    ]
    let calls = try functions.map { function, _ in
      let inputs = function.operandCount
      var expression = MapExpression(.f32, inputs: [ElementType](repeating: .f32, count: inputs))
      if inputs == 3 {
        expression.apply(function, 0, 1, 2)
      } else {
        expression.apply(function, 0, 1)
      }
      return try MapKernel(
        expression, shapes: [[Int]](repeating: [count], count: inputs), result: [count]
      ).call()
    }
    let loaded = try FloatVariants(calls)
    for (call, (function, expected)) in zip(calls, functions) {
      loaded.expect(
        call, inputs: [a, b, c].dropLast(3 - function.operandCount), gives: expected,
        function.rawValue)
    }
  }

  @Test func `a chain is broadcast along any axes`() throws {
    var random = SeededGenerator(seed: 24)
    let cases: [(shapes: [[Int]], result: [Int])] = [
      ([[2, 3, 4], [4]], [2, 3, 4]), ([[3, 1], [1, 37]], [3, 37]),
      ([[5, 1, 2], [6, 1]], [5, 6, 2]),
      ([[1], [2, 2100]], [2, 2100]), ([[4, 5, 6, 7], [5, 1, 7]], [4, 5, 6, 7]),
      ([[], [3]], [3]), ([[40, 3, 4], [40, 1, 4]], [40, 3, 4]), ([[2, 17, 5], [5]], [2, 17, 5]),
    ]
    var expression = MapExpression(.f32, inputs: [.f32, .f32])
    let difference = expression.apply(.sub, 0, 1)
    let half = expression.apply(.constant, constants: [0.5])
    let product = expression.apply(.mul, difference, half)
    let isLess = expression.apply(.less, product, 0)
    expression.apply(.select, isLess, product, 1)
    let calls = try cases.map {
      try MapKernel(expression, shapes: $0.shapes, result: $0.result).call()
    }
    let loaded = try FloatVariants(calls)
    for (test, call) in zip(cases, calls) {
      let operands = test.shapes.map { random.floats($0.reduce(1, *)) }
      let strides = test.shapes.map {
        StridedLoop.broadcast($0, to: test.result, elementBytes: 1)
      }
      let expected = indices(of: test.result).map { index -> Float in
        let a = operands[0][zip(index, strides[0]).map(*).reduce(0, +)]
        let b = operands[1][zip(index, strides[1]).map(*).reduce(0, +)]
        let product = (a - b) * 0.5
        return product < a ? product : b
      }
      loaded.expect(call, inputs: operands, gives: expected, "\(test.shapes)")
    }
  }

  @Test func `a predicate stores bytes and integers wrap`() throws {
    let a: [Int64] = [5, -7, .max, .min, 0, 3, -1]
    let b: [Int64] = [3, 3, 1, -1, 0, 0, 2]
    var product = MapExpression(.i64, inputs: [.i64, .i64])
    let sum = product.apply(.add, 0, 1)
    product.apply(.mul, sum, 1)
    var remainder = MapExpression(.i64, inputs: [.i64, .i64])
    remainder.apply(.mod, 0, 1)
    var comparison = MapExpression(.i64, inputs: [.i64, .i64])
    comparison.apply(.lessOrEqual, 0, 1)
    var power = MapExpression(.i64, inputs: [.i64, .i64])
    let unbounded = power.apply(.lowerBound, 0, constants: [-.infinity])
    power.apply(.pow, unbounded, 1)
    var slope = MapExpression(.i64, inputs: [.i64, .i64])
    slope.apply(.prelu, 0, 1)
    let calls = try [product, remainder, comparison, power, slope].map {
      try MapKernel($0, shapes: [[7], [7]], result: [7]).call()
    }
    let expected: [[UInt8]] = [
      littleEndian(zip(a, b).map { ($0 &+ $1) &* $1 }),
      littleEndian([2, 2, 0, 0, 0, 0, 1] as [Int64]),
      zip(a, b).map { $0 <= $1 ? 1 : 0 },
      littleEndian([125, -343, .max, 0, 1, 1, 1] as [Int64]),
      littleEndian(zip(a, b).map { $0 < 0 ? $0 &* $1 : $0 }),
    ]
    let loaded = try FloatVariants(calls)
    for (call, bytes) in zip(calls, expected) {
      loaded.expect(
        call, inputs: [littleEndian(a), littleEndian(b)],
        blank: [UInt8](repeating: 9, count: bytes.count), gives: bytes, call.spec.symbol,
        isFloat: false)
    }
  }
}

/// All indices into an array of `extents`, row-major.
func indices(of extents: [Int]) -> [[Int]] {
  extents.reduce([[]]) { heads, extent in heads.flatMap { head in (0..<extent).map { head + [$0] } }
  }
}
