import QuantMath

extension UnaryFunction {
  /// The function at `x`, by the sentences of `Documentation/Quantization.md`; `nil` for `not`,
  /// which is no function of real numbers.
  package func value(at x: Float) -> Float? {
    switch self {
    case .relu: x < 0 ? 0 : x
    case .leakyRelu(let alpha): x < 0 ? alpha * x : x
    case .clip(let lower, let upper): ClampBounds(lower: lower, upper: upper).clamp(x)
    case .sigmoid: ReferenceMath.sigmoid(x)
    case .tanh: ReferenceMath.tanh(x)
    case .exp: ReferenceMath.exp(x)
    case .log: ReferenceMath.log(x)
    case .sqrt: x.squareRoot()
    case .reciprocal: 1 / x
    case .neg: -x
    case .abs: x.magnitude
    case .erf: ReferenceMath.erf(x)
    case .floor: x.rounded(.down)
    case .ceil: x.rounded(.up)
    case .round: x.rounded(.toNearestOrEven)
    case .sign: x > 0 ? 1 : (x < 0 ? -1 : x)
    case .sin: ReferenceMath.sin(x)
    case .cos: ReferenceMath.cos(x)
    case .not: nil
    case .gelu(let tanh): tanh ? ReferenceMath.geluTanh(x) : ReferenceMath.gelu(x)
    case .silu: ReferenceMath.silu(x)
    case .hardSwish:
      x * ClampBounds(lower: 0, upper: 1).clamp(ReferenceMath.fma(x, 1 / 6, 0.5))
    case .hardSigmoid(let alpha, let beta):
      ClampBounds(lower: 0, upper: 1).clamp(ReferenceMath.fma(alpha, x, beta))
    case .elu(let alpha): ReferenceMath.elu(x, alpha: alpha)
    case .softplus: ReferenceMath.softplus(x)
    }
  }
}

extension ClampBounds {
  /// First the lower bound, then the upper one; NaN stays NaN.
  package func clamp(_ x: Float) -> Float {
    var result = x
    if let lower, result < lower { result = lower }
    if let upper, result > upper { result = upper }
    return result
  }
}
