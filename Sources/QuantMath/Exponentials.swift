extension ReferenceMath {
  /// `exp(x)`: exactly this sequence of IEEE f32 operations.
  ///
  /// Within 1.5 units in the last place where the result is a normal number; +0 below
  /// `Exp.lowerBound`; clamped to a finite value above `Exp.upperBound`; NaN for NaN.
  package static func exp(_ x: Float) -> Float {
    typealias C = PolynomialCoefficients.Exp
    if x.isNaN { return x }
    if x < C.lowerBound { return 0 }
    let c = x > C.upperBound ? C.upperBound : x
    let t = fma(c, C.log2e, C.roundingMagic)
    let n = t - C.roundingMagic
    var r = fma(n, -C.ln2High, c)
    r = fma(n, -C.ln2Low, r)
    let p = horner(C.polynomial, r)
    // The low bits of t hold n, so that this adds n to the exponent of p.
    return Float(bitPattern: p.bitPattern &+ (t.bitPattern << 23))
  }

  /// `log(x)`: −∞ for ±0, NaN below 0, +∞ for +∞, else within 2 units in the last place.
  package static func log(_ x: Float) -> Float {
    typealias C = PolynomialCoefficients.Log
    guard x > 0 else { return x == 0 ? -.infinity : .nan }
    guard x < .infinity else { return .infinity }
    let isSmall = x < .leastNormalMagnitude
    let scaled = isSmall ? x * C.subnormalFactor : x
    let exponent = Int32(bitPattern: scaled.bitPattern &- C.sqrtHalfBits) >> 23
    let mantissaBits = scaled.bitPattern &- UInt32(bitPattern: exponent << 23)
    let f = Float(bitPattern: mantissaBits) - 1
    let e = Float(isSmall ? exponent - 24 : exponent)
    let f2 = f * f
    var y = f2 * (f * horner(C.polynomial, f))
    y = fma(e, C.ln2Low, y)
    y = fma(-0.5, f2, y)
    y = f + y
    return fma(e, C.ln2High, y)
  }

  /// `1 / (1 + exp(−x))`, the IEEE quotient.
  package static func sigmoid(_ x: Float) -> Float { 1 / (1 + exp(-x)) }

  /// `x / (1 + exp(−x))`, the IEEE quotient.
  package static func silu(_ x: Float) -> Float { x / (1 + exp(-x)) }

  /// `(x < 0 ? 0 : x) + log(1 + exp(−|x|))`.
  package static func softplus(_ x: Float) -> Float {
    (x < 0 ? 0 : x) + log(1 + exp(-x.magnitude))
  }

  /// `x < 0 ? alpha · (exp(x) − 1) : x`.
  package static func elu(_ x: Float, alpha: Float) -> Float { x < 0 ? alpha * (exp(x) - 1) : x }
}
