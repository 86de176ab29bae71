/// Functions of one element.
package enum UnaryFunction: Hashable, Sendable {
  case relu
  case leakyRelu(alpha: Float)
  /// Bounds that are missing do not bind; NaN stays NaN.
  case clip(lower: Float?, upper: Float?)
  case sigmoid, tanh, exp, log, sqrt, reciprocal, neg, abs, erf
  case floor, ceil, round, sign, sin, cos, not
  /// `x * Φ(x)`; `tanh` says that Φ is approximated by the tanh form.
  case gelu(tanh: Bool)
  /// `x * sigmoid(x)`.
  case silu
  /// `x * clip(x/6 + 1/2, 0, 1)`.
  case hardSwish
  /// `clip(alpha*x + beta, 0, 1)`.
  case hardSigmoid(alpha: Float, beta: Float)
  /// `x < 0 ? alpha*(exp(x)-1) : x`.
  case elu(alpha: Float)
  /// `log(1 + exp(x))`.
  case softplus

  package var mnemonic: String {
    switch self {
    case .relu: "relu"
    case .leakyRelu: "leaky_relu"
    case .clip: "clip"
    case .sigmoid: "sigmoid"
    case .tanh: "tanh"
    case .exp: "exp"
    case .log: "log"
    case .sqrt: "sqrt"
    case .reciprocal: "reciprocal"
    case .neg: "neg"
    case .abs: "abs"
    case .erf: "erf"
    case .floor: "floor"
    case .ceil: "ceil"
    case .round: "round"
    case .sign: "sign"
    case .sin: "sin"
    case .cos: "cos"
    case .not: "not"
    case .gelu: "gelu"
    case .silu: "silu"
    case .hardSwish: "hard_swish"
    case .hardSigmoid: "hard_sigmoid"
    case .elu: "elu"
    case .softplus: "softplus"
    }
  }

  /// The real bounds of a function that only clamps: relu and clip.
  package var clampBounds: ClampBounds? {
    switch self {
    case .relu: ClampBounds(lower: 0, upper: nil)
    case .clip(let lower, let upper): ClampBounds(lower: lower, upper: upper)
    default: nil
    }
  }
}

extension UnaryFunction {
  /// Costs so little that the kernel of a product computes it on the real value before it stores.
  package var joinsProducts: Bool {
    switch self {
    case .leakyRelu(let alpha): alpha.isFinite
    case .hardSigmoid(let alpha, let beta): alpha.isFinite && beta.isFinite
    case .hardSwish: true
    case .relu, .clip, .sigmoid, .tanh, .exp, .log, .sqrt, .reciprocal, .neg, .abs, .erf, .floor,
      .ceil, .round, .sign, .sin, .cos, .not, .gelu, .silu, .elu, .softplus:
      false
    }
  }
}

/// Real bounds of a clamp; a missing one does not bind.
package struct ClampBounds: Hashable, Sendable {
  package let lower: Float?
  package let upper: Float?

  package init(lower: Float?, upper: Float?) {
    self.lower = lower
    self.upper = upper
  }

  package static let none = ClampBounds(lower: nil, upper: nil)
  package var isNone: Bool { lower == nil && upper == nil }

  /// First these bounds, then `next`.
  package func followed(by next: ClampBounds) -> ClampBounds {
    func clamp(_ value: Float?) -> Float? {
      guard var value else { return nil }
      if let lower = next.lower, !(value > lower) { value = lower }
      if let upper = next.upper, !(value < upper) { value = upper }
      return value
    }
    return ClampBounds(
      lower: lower == nil ? next.lower : clamp(lower),
      upper: upper == nil ? next.upper : clamp(upper))
  }
}
