import TestSupport

extension SeededGenerator {
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
