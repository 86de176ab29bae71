import Diagnostics
import GraphIR

extension UnaryFunction {
  /// The function of an integer; `nil` where it has no integer form.
  func integerValue(at x: Int64) -> Int64? {
    switch self {
    case .relu: max(x, 0)
    case .clip(let lower, let upper): clip(x, lower, upper)
    case .neg: 0 &- x
    case .abs: x < 0 ? 0 &- x : x
    case .sign: x.signum()
    case .floor, .ceil, .round: x
    case .leakyRelu, .sigmoid, .tanh, .exp, .log, .sqrt, .reciprocal, .erf, .sin, .cos, .not,
      .gelu, .silu, .hardSwish, .hardSigmoid, .elu, .softplus:
      nil
    }
  }

  private func clip(_ x: Int64, _ lower: Float?, _ upper: Float?) -> Int64 {
    var result = x
    if let lower, Double(result) < Double(lower), let bound = Int64(exactly: lower.rounded(.up)) {
      result = bound
    }
    if let upper, Double(result) > Double(upper), let bound = Int64(exactly: upper.rounded(.down)) {
      result = bound
    }
    return result
  }
}

extension BinaryFunction {
  /// The function on each pair of integers, wrapping; the caller truncates to the width.
  ///
  /// Division truncates towards zero.
  /// - Throws: `QC1004` for a division by zero.
  func applied<Number: FixedWidthInteger>(
    _ pairs: [(Number, Number)]
  ) throws(Diagnostic) -> [Number] {
    var result: [Number] = []
    result.reserveCapacity(pairs.count)
    for (a, b) in pairs { result.append(try integerValue(a, b)) }
    return result
  }

  private func integerValue<Number: FixedWidthInteger>(
    _ a: Number, _ b: Number
  ) throws(Diagnostic) -> Number {
    switch self {
    case .add: return a &+ b
    case .sub: return a &- b
    case .mul: return a &* b
    case .min: return Swift.min(a, b)
    case .max: return Swift.max(a, b)
    case .prelu: return a < 0 ? a &* b : a
    case .div:
      try requireDivisor(b)
      return a.dividedReportingOverflow(by: b).partialValue
    case .fmod:
      try requireDivisor(b)
      return a.remainderReportingOverflow(dividingBy: b).partialValue
    case .mod:
      try requireDivisor(b)
      let remainder = a.remainderReportingOverflow(dividingBy: b).partialValue
      return remainder != 0 && (remainder < 0) != (b < 0) ? remainder &+ b : remainder
    case .pow:
      return power(a, b)
    case .and: return a & b
    case .or: return a | b
    case .xor: return a ^ b
    case .equal, .less, .greater, .lessOrEqual, .greaterOrEqual: return holds(a, b) ? 1 : 0
    }
  }

  private func requireDivisor(_ b: some FixedWidthInteger) throws(Diagnostic) {
    if b == 0 { throw Diagnostic(.invalidGraph, "an integer is divided by zero") }
  }

  /// By squaring, wrapping; a negative exponent gives 0 but for bases ±1.
  private func power<Number: FixedWidthInteger>(_ base: Number, _ exponent: Number) -> Number {
    if exponent < 0 {
      if base == 1 { return 1 }
      return Number.isSigned && base == 0 &- 1 ? (exponent & 1 == 0 ? 1 : base) : 0
    }
    var (result, factor, rest) = (Number(1), base, exponent)
    while rest > 0 {
      if rest & 1 == 1 { result = result &* factor }
      factor = factor &* factor
      rest >>= 1
    }
    return result
  }

  /// Whether the comparison holds; a logical function takes its operands as `!= 0`.
  func holds<Number: Comparable & ExpressibleByIntegerLiteral>(_ a: Number, _ b: Number) -> Bool {
    switch self {
    case .equal: a == b
    case .less: a < b
    case .greater: a > b
    case .lessOrEqual: a <= b
    case .greaterOrEqual: a >= b
    case .and: a != 0 && b != 0
    case .or: a != 0 || b != 0
    case .xor: (a != 0) != (b != 0)
    case .add, .sub, .mul, .div, .pow, .min, .max, .mod, .fmod, .prelu: false
    }
  }
}
