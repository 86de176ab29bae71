/// The constants of every transcendental function: the one place that they are written in.
///
/// The scalar functions of this module, the interpreter and the C generators all read them from
/// here. Polynomials are listed in Horner order, the highest power first, and evaluated as
/// `p = c[0]; p = fma(p, r, c[i])`. They are weighted minimax fits of our own, made over the
/// reduced range and rounded to f32.
package enum PolynomialCoefficients {
  /// `exp(x) = 2ⁿ · p(r)` with `n = rne(x · log2(e))` and `r = x − n · ln 2`.
  package enum Exp {
    /// Below it the result is +0; at it `2ⁿ · p(r)` is still a normal number.
    package static let lowerBound: Float = -0x1.5d589ep+6
    /// The largest argument whose result is finite; arguments above it are clamped to it.
    package static let upperBound: Float = 0x1.62e42ep+6
    package static let log2e: Float = 0x1.715476p+0
    /// `1.5 · 2²³`: added to and taken from a small number it rounds that number half to even.
    package static let roundingMagic: Float = 0x1.8p+23
    /// `ln 2` is `ln2High + ln2Low`.
    package static let ln2High: Float = 0x1.62e43p-1
    package static let ln2Low: Float = -0x1.05c61p-29
    /// Degree 6 over `|r| ≤ ln 2 / 2`; relative error 3.1e-9 before rounding.
    package static let polynomial: [Float] = [
      0x1.6a23fp-10, 0x1.123a0ap-7, 0x1.5558f2p-5, 0x1.555492p-3, 0x1.fffffcp-2, 1, 1,
    ]
  }

  /// `log(x) = e · ln 2 + f − f²/2 + f³ · p(f)` with `x = 2ᵉ · (1 + f)` and `1 + f` in [√½, √2).
  package enum Log {
    /// The bits of √½, from which the exponent is counted.
    package static let sqrtHalfBits: UInt32 = 0x3f35_04f3
    /// Arguments below the smallest normal number are multiplied by this first.
    package static let subnormalFactor: Float = 0x1p+24
    package static let ln2High = Exp.ln2High
    package static let ln2Low = Exp.ln2Low
    /// Degree 7; relative error of the whole 5.8e-9 before rounding.
    package static let polynomial: [Float] = [
      -0x1.38b58p-4, 0x1.055b6ap-3, -0x1.0d8542p-3, 0x1.22da1cp-3, -0x1.547244p-3, 0x1.99a008p-3,
      -0x1.000226p-2, 0x1.555554p-2,
    ]
  }

  /// `tanh(x) = c · p(c²) / q(c²)` with `c` the argument clamped to ±`bound`.
  package enum Tanh {
    package static let bound: Float = 8.95
    package static let numerator: [Float] = [
      0x1.cdef62p-27, 0x1.5ad6bap-16, 0x1.caaedp-9, 0x1.121c3ep-3, 1,
    ]
    package static let denominator: [Float] = [
      0x1.a37556p-21, 0x1.5930dp-12, 0x1.a835ep-6, 0x1.de636ap-2, 1,
    ]
  }

  /// `erf(x) = c · p(c²) / q(c²)` with `c` the argument clamped to ±`bound`.
  package enum Erf {
    package static let bound: Float = 3.95
    package static let numerator: [Float] = [
      0x1.0fe9fap-19, 0x1.2a8416p-12, 0x1.f3236ap-9, 0x1.b1279ap-5, 0x1.884b0ep-3, 0x1.20dd74p+0,
    ]
    package static let denominator: [Float] = [
      0x1.3d5b4ap-15, 0x1.32e578p-10, 0x1.ed529cp-7, 0x1.d53c14p-4, 0x1.0194dep-1, 1,
    ]
  }

  /// `sin` and `cos` of `r = x − n · π/2` with `n = rne(x · 2/π)`.
  package enum SinCos {
    /// Arguments are clamped to ±`bound`.
    package static let bound: Float = 0x1p+17
    package static let twoOverPi: Float = 0x1.45f306p-1
    package static let roundingMagic = Exp.roundingMagic
    /// `π/2` is the sum of the three.
    package static let halfPi: [Float] = [0x1.921fb6p+0, -0x1.777a5cp-25, -0x1p-49]
    /// `sin r = r + r³ · p(r²)`.
    package static let sin: [Float] = [-0x1.994062p-13, 0x1.11073p-7, -0x1.555546p-3]
    /// `cos r = 1 − r²/2 + r⁴ · p(r²)`.
    package static let cos: [Float] = [0x1.99ff4p-16, -0x1.6c0c82p-10, 0x1.55554ap-5]
  }

  /// The forms of GELU.
  package enum Gelu {
    package static let sqrtHalf: Float = 0x1.6a09e6p-1
    /// √(2/π), and that times 0.044715.
    package static let tanhLinear: Float = 0x1.988454p-1
    package static let tanhCubic: Float = 0x1.2444f2p-5
  }
}
