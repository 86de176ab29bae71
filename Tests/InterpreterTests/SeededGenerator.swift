/// SplitMix64: a small generator whose seed is a test's argument.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// A number of the given size and either sign, its logarithm evenly spread.
  mutating func logarithmic(_ exponents: ClosedRange<Int>) -> Float {
    let significand = Float.random(in: 1..<2, using: &self)
    let exponent = Int.random(in: exponents, using: &self)
    return Float(
      sign: Bool.random(using: &self) ? .plus : .minus, exponent: exponent,
      significand: significand)
  }
}
