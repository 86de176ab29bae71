/// A small generator whose seed replays a failure (SplitMix64, Steele et al. 2014).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  mutating func one<Element>(of list: [Element]) -> Element {
    list[Int.random(in: list.indices, using: &self)]
  }

  /// Yes, one time in `count`.
  mutating func once(in count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }

  /// Floats of mean 0, nearly normal, `deviation` wide.
  mutating func floats(_ count: Int, deviation: Float = 1) -> [Float] {
    (0..<count).map { _ in
      let sum = (0..<4).reduce(Float(0)) { sum, _ in sum + Float.random(in: -1...1, using: &self) }
      return sum * 0.866 * deviation
    }
  }
}
