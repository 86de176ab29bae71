extension ReferenceMath {
  /// The largest magnitude of an integer exponent that ``pow(_:_:)`` takes as a product.
  package static let powerProductLimit: Float = 64

  /// `x` to the power `y`.
  ///
  /// - `y` 2 is `x · x`, `y` ½ is the IEEE square root;
  /// - other integers with `|y| ≤ 64`: binary powering from the low bit up, then `1 / product` for
  ///   a negative `y`; `y` 0 is 1;
  /// - else `exp(y · log |x|)`, the product's rounding error put back; relative error at most 2e-5.
  ///   For a negative `x` a `y` that is no integer gives NaN, an odd one a negative result.
  package static func pow(_ x: Float, _ y: Float) -> Float {
    if y == 0.5 { return x.squareRoot() }
    if y.magnitude <= powerProductLimit, y == y.rounded(.towardZero) {
      return integerPower(x, Int(y))
    }
    if x.isNaN || y.isNaN { return .nan }
    if x == 1 { return 1 }
    if x == 0 { return y > 0 ? 0 : .infinity }
    let isInteger = y == y.rounded(.towardZero)
    if x < 0, !isInteger { return .nan }
    let l = log(x.magnitude)
    let p = y * l
    if p > PolynomialCoefficients.Exp.upperBound { return signed(.infinity, x, y) }
    let error = p.isFinite ? fma(y, l, -p) : 0
    let e = exp(p)
    return signed(fma(e, error, e), x, y)
  }

  /// `value`, negative when an odd power of a negative `x` is meant.
  private static func signed(_ value: Float, _ x: Float, _ y: Float) -> Float {
    let half = 0.5 * y
    return x < 0 && half != half.rounded(.towardZero) ? -value : value
  }

  private static func integerPower(_ x: Float, _ y: Int) -> Float {
    var remaining = y.magnitude
    var factor = x
    var product: Float?
    while remaining > 0 {
      if remaining & 1 == 1 { product = product.map { $0 * factor } ?? factor }
      remaining >>= 1
      if remaining > 0 { factor *= factor }
    }
    guard let product else { return 1 }
    return y < 0 ? 1 / product : product
  }
}
