extension ReferenceMath {
  /// `sin(x)`: absolute error at most 2e-7 for `|x| ≤ 2¹⁷`, clamped to that; NaN for NaN and ±∞.
  package static func sin(_ x: Float) -> Float { circular(x, quarterTurns: 0) }

  /// `cos(x)`: absolute error at most 2e-7 for `|x| ≤ 2¹⁷`, clamped to that; NaN for NaN and ±∞.
  package static func cos(_ x: Float) -> Float { circular(x, quarterTurns: 1) }

  /// `sin(x + quarterTurns · π/2)`.
  private static func circular(_ x: Float, quarterTurns: UInt32) -> Float {
    typealias C = PolynomialCoefficients.SinCos
    guard x.isFinite else { return .nan }
    var c = x < -C.bound ? -C.bound : x
    c = c > C.bound ? C.bound : c
    let t = fma(c, C.twoOverPi, C.roundingMagic)
    let n = t - C.roundingMagic
    var r = fma(n, -C.halfPi[0], c)
    r = fma(n, -C.halfPi[1], r)
    r = fma(n, -C.halfPi[2], r)
    let r2 = r * r
    let quadrant = t.bitPattern &+ quarterTurns
    let y: Float
    if quadrant & 1 == 0 {
      y = fma(r2 * r, horner(C.sin, r2), r)
    } else {
      y = fma(r2 * r2, horner(C.cos, r2), fma(-0.5, r2, 1))
    }
    return quadrant & 2 == 0 ? y : -y
  }
}
