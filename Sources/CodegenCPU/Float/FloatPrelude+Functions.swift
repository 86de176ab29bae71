import QuantMath
import Targets

extension FloatPrelude {
  /// The functions of one element, as section 5 of `Documentation/Quantization.md` has them.
  static func functions(for target: CPUTarget) -> String {
    exponential + fallingExponential(target) + logarithm
      + rational("tanh", Tanh.bound, Tanh.numerator, Tanh.denominator)
      + rational("erf", Erf.bound, Erf.numerator, Erf.denominator) + circular + composed
  }

  private typealias Exp = PolynomialCoefficients.Exp
  private typealias Log = PolynomialCoefficients.Log
  private typealias Tanh = PolynomialCoefficients.Tanh
  private typealias Erf = PolynomialCoefficients.Erf
  private typealias SinCos = PolynomialCoefficients.SinCos
  private typealias Gelu = PolynomialCoefficients.Gelu

  /// Horner's scheme as nested calls.
  private static func polynomial(_ coefficients: [Float], _ x: String) -> String {
    let first = "qf_set(\(coefficients[0].cLiteral))"
    return coefficients.dropFirst().reduce(first) {
      "qf_fma(\($0), \(x), qf_set(\($1.cLiteral)))"
    }
  }

  private static var exponential: String {
    """
    QF qf qf_exp(qf x) {
      qf c = qf_raise(x, qf_set(\(Exp.lowerBound.cLiteral)));
      c = qf_lower(c, qf_set(\(Exp.upperBound.cLiteral)));
      const qf t = qf_fma(c, qf_set(\(Exp.log2e.cLiteral)), qf_set(\(Exp.roundingMagic.cLiteral)));
      const qf n = t - \(Exp.roundingMagic.cLiteral);
      qf r = qf_fma(n, qf_set(-\(Exp.ln2High.cLiteral)), c);
      r = qf_fma(n, qf_set(-(\(Exp.ln2Low.cLiteral))), r);
      const qf p = \(polynomial(Exp.polynomial, "r"));
      const qf y = qf_from_bits(qf_bits(p) + (qf_bits(t) << 23));
      return qf_select(x != x, x, qf_select(x < \(Exp.lowerBound.cLiteral), qf_set(0), y));
    }

    """
  }

  /// Below the bound the result is +0 whatever the rest of the text makes of x, so that nothing is
  /// clamped. Vectors with masks compare faster as integers, the bits of a negative number growing
  /// with its magnitude.
  private static func fallingExponential(_ target: CPUTarget) -> String {
    let isBelow =
      target.lanes == 16
      ? "(qi)((qu)x > \(Exp.lowerBound.bitPattern)u)" : "x < \(Exp.lowerBound.cLiteral)"
    return """
      /* The same for x that are not above 0, or NaN with nine zero bits at its end; a NaN that is
         negative may give +0. */
      QF qf qf_exp_down(qf x) {
        const qf t = qf_fma(x, qf_set(\(Exp.log2e.cLiteral)), qf_set(\(Exp.roundingMagic.cLiteral)));
        const qf n = t - \(Exp.roundingMagic.cLiteral);
        qf r = qf_fma(n, qf_set(-\(Exp.ln2High.cLiteral)), x);
        r = qf_fma(n, qf_set(-(\(Exp.ln2Low.cLiteral))), r);
        const qf p = \(polynomial(Exp.polynomial, "r"));
        const qf y = qf_from_bits(qf_bits(p) + (qf_bits(t) << 23));
        return \(isBelow) ? qf_set(0) : y;
      }

      """
  }

  private static var logarithm: String {
    """
    QF qf qf_log(qf x) {
      const qi is_small = x < 0x1p-126f;
      const qf scaled = qf_select(is_small, x * \(Log.subnormalFactor.cLiteral), x);
      const qi exponent = (qf_bits(scaled) - \(Int32(Log.sqrtHalfBits))) >> 23;
      const qf f = qf_from_bits(qf_bits(scaled) - (exponent << 23)) - 1;
      const qf e = __builtin_convertvector(exponent - (is_small & 24), qf);
      const qf f2 = f * f;
      qf y = f2 * (f * \(polynomial(Log.polynomial, "f")));
      y = qf_fma(e, qf_set(\(Log.ln2Low.cLiteral)), y);
      y = qf_fma(qf_set(-0.5f), f2, y);
      y = f + y;
      y = qf_fma(e, qf_set(\(Log.ln2High.cLiteral)), y);
      const qf infinity = qf_set(__builtin_inff());
      y = qf_select(x < infinity, y, x);
      return qf_select(x > 0, y, qf_select(x == 0, -infinity, qf_set(__builtin_nanf(""))));
    }

    """
  }

  private static func rational(
    _ name: String, _ bound: Float, _ numerator: [Float], _ denominator: [Float]
  ) -> String {
    """
    QF qf qf_\(name)(qf x) {
      qf c = qf_raise(x, qf_set(-\(bound.cLiteral)));
      c = qf_lower(c, qf_set(\(bound.cLiteral)));
      const qf u = c * c;
      const qf p = \(polynomial(numerator, "u"));
      const qf q = \(polynomial(denominator, "u"));
      const qf y = (c * p) / q;
      return qf_lower(qf_raise(y, qf_set(-1)), qf_set(1));
    }

    """
  }

  private static var circular: String {
    """
    /* sin(x + quarter_turns * pi / 2) */
    QF qf qf_circular(qf x, int32_t quarter_turns) {
      qf c = qf_raise(x, qf_set(-\(SinCos.bound.cLiteral)));
      c = qf_lower(c, qf_set(\(SinCos.bound.cLiteral)));
      const qf t =
          qf_fma(c, qf_set(\(SinCos.twoOverPi.cLiteral)), qf_set(\(SinCos.roundingMagic.cLiteral)));
      const qf n = t - \(SinCos.roundingMagic.cLiteral);
      qf r = qf_fma(n, qf_set(-(\(SinCos.halfPi[0].cLiteral))), c);
      r = qf_fma(n, qf_set(-(\(SinCos.halfPi[1].cLiteral))), r);
      r = qf_fma(n, qf_set(-(\(SinCos.halfPi[2].cLiteral))), r);
      const qf r2 = r * r;
      const qi quadrant = qf_bits(t) + quarter_turns;
      const qf sine = qf_fma(r2 * r, \(polynomial(SinCos.sin, "r2")), r);
      const qf cosine = qf_fma(r2 * r2, \(polynomial(SinCos.cos, "r2")),
                               qf_fma(qf_set(-0.5f), r2, qf_set(1)));
      qf y = qf_select((quadrant & 1) == 0, sine, cosine);
      y = qf_select((quadrant & 2) == 0, y, -y);
      return qf_select(qf_abs(x) < __builtin_inff(), y, qf_set(__builtin_nanf("")));
    }

    """
  }

  private static var composed: String {
    """
    QF qf qf_sigmoid(qf x) { return 1 / (1 + qf_exp(-x)); }
    QF qf qf_silu(qf x) { return x / (1 + qf_exp(-x)); }
    QF qf qf_softplus(qf x) {
      return qf_raise(x, qf_set(0)) + qf_log(1 + qf_exp(-qf_abs(x)));
    }
    QF qf qf_elu(qf x, float alpha) { return qf_select(x < 0, alpha * (qf_exp(x) - 1), x); }
    QF qf qf_gelu(qf x) {
      const qf half = 0.5f * x;
      return qf_fma(half, qf_erf(x * \(Gelu.sqrtHalf.cLiteral)), half);
    }
    QF qf qf_gelutanh(qf x) {
      const qf half = 0.5f * x;
      const qf inner =
          qf_fma(x * x, qf_set(\(Gelu.tanhCubic.cLiteral)), qf_set(\(Gelu.tanhLinear.cLiteral)));
      return qf_fma(half, qf_tanh(x * inner), half);
    }
    QF qf qf_hardsigmoid(qf x, float alpha, float beta) {
      const qf y = qf_fma(qf_set(alpha), x, qf_set(beta));
      return qf_lower(qf_raise(y, qf_set(0)), qf_set(1));
    }
    QF qf qf_hardswish(qf x) { return x * qf_hardsigmoid(x, \((Float(1) / 6).cLiteral), 0.5f); }
    QF qf qf_number(qf x) { return qf_select(x == x, x, qf_set(0)); }
    QF qf qf_sign(qf x) {
      return qf_select(x > 0, qf_set(1), qf_select(x < 0, qf_set(-1), x));
    }
    /* x to the power y; see the table of section 5. */
    QF qf qf_pow(qf x, qf y) {
      const qf infinity = qf_set(__builtin_inff());
      /* Integer exponents of magnitude at most 64: binary powering. */
      const qf magnitude = qf_abs(y);
      const qi is_integer = qf_round(y) == y;
      const qi is_product = (magnitude <= \(ReferenceMath.powerProductLimit.cLiteral)) & is_integer;
      const qi count = __builtin_convertvector(qf_select(is_product, magnitude, qf_set(0)), qi);
      qf product = qf_set(1), factor = x;
      QF_UNROLL for (int bit = 0; bit < 7; ++bit) {
        const qi is_set = ((count >> bit) & 1) != 0;
        product = qf_select(is_set, product * factor, product);
        factor *= factor;
      }
      product = qf_select(y < 0, 1 / product, product);
      /* The others by exp and log. */
      const qf l = qf_log(qf_abs(x));
      const qf p = y * l;
      const qf error = qf_select(qf_abs(p) < infinity, qf_fma(y, l, -p), qf_set(0));
      const qf e = qf_exp(p);
      qf z = qf_fma(e, error, e);
      z = qf_select(p > \(Exp.upperBound.cLiteral), infinity, z);
      const qf half = 0.5f * y;
      z = qf_select((x < 0) & (qf_round(half) != half), -z, z);
      z = qf_select((x < 0) & ~is_integer, qf_set(__builtin_nanf("")), z);
      z = qf_select(x == 0, qf_select(y > 0, qf_set(0), infinity), z);
      z = qf_select(x == 1, qf_set(1), z);
      z = qf_select((x != x) | (y != y), qf_set(__builtin_nanf("")), z);
      z = qf_select(is_product, product, z);
      return qf_select(y == 0.5f, qf_sqrt(x), z);
    }

    """
  }
}
