import CReference
import QuantMath

extension qr_constants {
  /// The coefficients of `PolynomialCoefficients`.
  static let reference: qr_constants = {
    typealias C = PolynomialCoefficients
    let (e, l) = (C.Exp.polynomial, C.Log.polynomial)
    let (tp, tq) = (C.Tanh.numerator, C.Tanh.denominator)
    let (ep, eq) = (C.Erf.numerator, C.Erf.denominator)
    let (h, s, c) = (C.SinCos.halfPi, C.SinCos.sin, C.SinCos.cos)
    return qr_constants(
      exp_lower: C.Exp.lowerBound, exp_upper: C.Exp.upperBound, log2e: C.Exp.log2e,
      magic: C.Exp.roundingMagic, ln2_high: C.Exp.ln2High, ln2_low: C.Exp.ln2Low,
      exp_polynomial: (e[0], e[1], e[2], e[3], e[4], e[5], e[6]),
      log_polynomial: (l[0], l[1], l[2], l[3], l[4], l[5], l[6], l[7]),
      tanh_bound: C.Tanh.bound, tanh_numerator: (tp[0], tp[1], tp[2], tp[3], tp[4]),
      tanh_denominator: (tq[0], tq[1], tq[2], tq[3], tq[4]),
      erf_bound: C.Erf.bound, erf_numerator: (ep[0], ep[1], ep[2], ep[3], ep[4], ep[5]),
      erf_denominator: (eq[0], eq[1], eq[2], eq[3], eq[4], eq[5]),
      circle_bound: C.SinCos.bound, two_over_pi: C.SinCos.twoOverPi, half_pi: (h[0], h[1], h[2]),
      sin_polynomial: (s[0], s[1], s[2]), cos_polynomial: (c[0], c[1], c[2]),
      sqrt_half: C.Gelu.sqrtHalf, gelu_linear: C.Gelu.tanhLinear, gelu_cubic: C.Gelu.tanhCubic)
  }()
}
