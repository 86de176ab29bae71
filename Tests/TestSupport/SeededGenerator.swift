import Foundation

/// A small generator whose seed replays a failure (SplitMix64, Steele et al. 2014).
package struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  package mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
  }

  /// A number of the given size and either sign, its logarithm evenly spread.
  package mutating func logarithmic(_ exponents: ClosedRange<Int>) -> Float {
    let significand = Float.random(in: 1..<2, using: &self)
    let exponent = Int.random(in: exponents, using: &self)
    return Float(
      sign: Bool.random(using: &self) ? .plus : .minus, exponent: exponent,
      significand: significand)
  }

  /// A value of the Laplace distribution of scale 1.
  package mutating func laplace() -> Float {
    let uniform = Double.random(in: 1e-12..<1, using: &self)
    return Float(-log(uniform) * (Bool.random(using: &self) ? 1 : -1))
  }

  /// A value of the normal distribution.
  package mutating func normal() -> Float {
    let radius = (-2 * log(Double.random(in: 1e-12..<1, using: &self))).squareRoot()
    return Float(radius * cos(2 * .pi * Double.random(in: 0..<1, using: &self)))
  }
}
