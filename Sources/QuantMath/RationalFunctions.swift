extension ReferenceMath {
  /// An odd function as `c · p(c²) / q(c²)`, bounded to [−1, 1]; NaN stays NaN.
  private static func oddRational(
    _ x: Float, bound: Float, numerator: [Float], denominator: [Float]
  ) -> Float {
    var c = x < -bound ? -bound : x
    c = c > bound ? bound : c
    let u = c * c
    let y = (c * horner(numerator, u)) / horner(denominator, u)
    let raised = y < -1 ? -1 : y
    return raised > 1 ? 1 : raised
  }

  /// `tanh(x)`, absolute error at most 4e-7.
  package static func tanh(_ x: Float) -> Float {
    typealias C = PolynomialCoefficients.Tanh
    return oddRational(
      x, bound: C.bound, numerator: C.numerator, denominator: C.denominator)
  }

  /// `erf(x)`, absolute error at most 4e-7.
  package static func erf(_ x: Float) -> Float {
    typealias C = PolynomialCoefficients.Erf
    return oddRational(
      x, bound: C.bound, numerator: C.numerator, denominator: C.denominator)
  }

  /// `x · Φ(x)` as `fma(h, erf(x · √½), h)` with `h = x / 2`.
  package static func gelu(_ x: Float) -> Float {
    let half = 0.5 * x
    return fma(half, erf(x * PolynomialCoefficients.Gelu.sqrtHalf), half)
  }

  /// The tanh form of GELU: `fma(h, tanh(x · fma(x², c₃, c₁)), h)` with `h = x / 2`.
  package static func geluTanh(_ x: Float) -> Float {
    typealias C = PolynomialCoefficients.Gelu
    let half = 0.5 * x
    return fma(half, tanh(x * fma(x * x, C.tanhCubic, C.tanhLinear)), half)
  }
}
