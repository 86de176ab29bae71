/// One step of a ``MapExpression``: a function of up to three elements. The raw value is its word in
/// symbols. What each one computes is written in `Documentation/Quantization.md`.
package enum MapFunction: String, CaseIterable, Hashable, Sendable {
  /// A constant, without operands.
  case constant = "const"

  case relu, sigmoid, tanh, exp, log, sqrt
  case reciprocal = "rcp"
  case neg, abs, erf, floor, ceil, round, sign, sin, cos, not, gelu
  case geluTanh = "gelutanh"
  case silu
  case hardSwish = "hardswish"
  case softplus
  /// Constant: alpha.
  case leakyRelu = "leakyrelu"
  /// Constant: alpha.
  case elu
  /// `x < c ? c : x`. Constant: c.
  case lowerBound = "lower"
  /// `x > c ? c : x`. Constant: c.
  case upperBound = "upper"
  /// Constants: alpha, beta.
  case hardSigmoid = "hardsigmoid"

  case add, sub, mul, div, pow, min, max, mod, fmod, prelu
  case equal, less, greater
  case lessOrEqual = "lessorequal"
  case greaterOrEqual = "greaterorequal"
  case and, or, xor

  /// `condition ? a : b`.
  case select
  /// `a · b + c`, rounded once.
  case fma

  package var operandCount: Int {
    switch self {
    case .constant: 0
    case .relu, .sigmoid, .tanh, .exp, .log, .sqrt, .reciprocal, .neg, .abs, .erf, .floor, .ceil,
      .round, .sign, .sin, .cos, .not, .gelu, .geluTanh, .silu, .hardSwish, .softplus, .leakyRelu,
      .elu, .lowerBound, .upperBound, .hardSigmoid:
      1
    case .add, .sub, .mul, .div, .pow, .min, .max, .mod, .fmod, .prelu, .equal, .less, .greater,
      .lessOrEqual, .greaterOrEqual, .and, .or, .xor:
      2
    case .select, .fma: 3
    }
  }

  package var constantCount: Int {
    switch self {
    case .constant, .leakyRelu, .elu, .lowerBound, .upperBound: 1
    case .hardSigmoid: 2
    default: 0
    }
  }

  /// The result is a truth value.
  package var isPredicate: Bool {
    switch self {
    case .equal, .less, .greater, .lessOrEqual, .greaterOrEqual, .and, .or, .xor, .not: true
    default: false
    }
  }

  /// Defined for integers too.
  package var isForIntegers: Bool {
    switch self {
    case .constant, .relu, .neg, .abs, .sign, .lowerBound, .upperBound, .add, .sub, .mul, .div,
      .pow, .min, .max, .mod, .fmod, .prelu, .equal, .less, .greater, .lessOrEqual,
      .greaterOrEqual, .and, .or, .xor, .not, .select:
      true
    default: false
    }
  }

  /// Roughly, how many additions it costs.
  var cost: Int {
    switch self {
    case .exp, .log, .sigmoid, .silu, .softplus, .elu, .sin, .cos: 12
    case .tanh, .erf, .gelu, .geluTanh: 16
    case .pow, .mod, .fmod: 40
    case .div, .sqrt, .reciprocal: 4
    default: 1
    }
  }
}
