/// Functions of two elements, with numpy broadcasting.
package enum BinaryFunction: String, CaseIterable, Hashable, Sendable {
  case add, sub, mul, div, pow, min, max
  /// The remainder with the sign of the divisor, as Python has it.
  case mod
  /// The remainder with the sign of the dividend, as C has it.
  case fmod
  /// `x < 0 ? x * slope : x`.
  case prelu
  case equal, less, greater
  case lessOrEqual = "less_or_equal"
  case greaterOrEqual = "greater_or_equal"
  case and, or, xor

  /// The result is `bool`, not the operands' type.
  package var isPredicate: Bool {
    switch self {
    case .equal, .less, .greater, .lessOrEqual, .greaterOrEqual, .and, .or, .xor: true
    case .add, .sub, .mul, .div, .pow, .min, .max, .mod, .fmod, .prelu: false
    }
  }
}
