import QuantMath
import TestSupport
import Testing

@Suite("requantize")
struct RequantizeTests {
  private static let u8: ClosedRange<Int32> = 0...255

  @Test(arguments: 0..<64 as Range<UInt64>)
  func `is monotonic in the accumulator and stays in bounds`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let multiplier = random.logarithmic(-32...4).magnitude
    let zeroPoint = Int32.random(in: Self.u8, using: &random)
    var accumulators = (0..<200).map { _ in
      Int32.random(in: .min ... .max, using: &random) >> Int32.random(in: 0..<31, using: &random)
    }
    accumulators += [.min, -1, 0, 1, .max]
    var previous = Self.u8.lowerBound
    for acc in accumulators.sorted() {
      let q = requantize(acc, multiplier: multiplier, zeroPoint: zeroPoint, bounds: Self.u8)
      #expect(Self.u8.contains(q))
      #expect(q >= previous, "acc \(acc)")
      previous = q
    }
  }

  @Test(arguments: 0..<64 as Range<UInt64>)
  func `is within one half and the float error of the exact value`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      let acc = Int32.random(in: -2_000_000...2_000_000, using: &random)
      let multiplier = random.logarithmic(-24 ... -8).magnitude
      let zeroPoint = Int32.random(in: Self.u8, using: &random)
      let exact = Double(acc) * Double(multiplier) + Double(zeroPoint)
      let clamped = min(max(exact, 0), 255)
      let q = requantize(acc, multiplier: multiplier, zeroPoint: zeroPoint, bounds: Self.u8)
      #expect(abs(Double(q) - clamped) <= 0.5 + 1e-4)
    }
  }

  @Test func `rounds ties to even, before the zero point is added`() {
    for (acc, expected) in [(1, 0), (3, 2), (5, 2), (7, 4), (-1, 0), (-3, -2), (-5, -2)] {
      for zeroPoint: Int32 in [100, 101] {
        let q = requantize(
          Int32(acc), multiplier: 0.5, zeroPoint: zeroPoint, bounds: Self.u8)
        #expect(q == Int32(expected) + zeroPoint)
      }
    }
  }

  @Test func `meets the extremes of its operands`() {
    for multiplier in [0, 0x1p-32, Float(0x1p+96).nextDown] {
      for acc in [Int32.min, -1, 0, 1, .max] {
        let q = requantize(acc, multiplier: multiplier, zeroPoint: 128, bounds: Self.u8)
        let exact = Double(acc) * Double(multiplier)
        #expect(q == (abs(exact) <= 0.5 ? 128 : exact > 0 ? 255 : 0))
      }
    }
  }

  @Test(arguments: 0..<32 as Range<UInt64>)
  func `adds the residual before it rounds`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<100 {
      let acc = Int32.random(in: -100_000...100_000, using: &random)
      let multiplier = random.logarithmic(-18 ... -10).magnitude
      let residual = Residual(
        value: Int32.random(in: Self.u8, using: &random),
        zeroPoint: Int32.random(in: Self.u8, using: &random),
        multiplier: random.logarithmic(-3...2).magnitude)
      let exact =
        Double(acc) * Double(multiplier)
        + Double(residual.value - residual.zeroPoint) * Double(residual.multiplier)
      let q = requantize(
        acc, multiplier: multiplier, residual: residual, zeroPoint: 128, bounds: Self.u8)
      #expect(abs(Double(q) - min(max(exact + 128, 0), 255)) <= 0.5 + 1e-3)
    }
  }

  @Test(arguments: 0..<32 as Range<UInt64>)
  func `clamps integers as the real clamp does before quantization`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let scale = random.logarithmic(-8 ... -3).magnitude
    let zeroPoint = Int32.random(in: Self.u8, using: &random)
    let lower = Float.random(in: -10...0, using: &random)
    let upper = Float.random(in: 0...10, using: &random)
    let bounds = clampBounds(
      lower: lower, upper: upper, scale: scale, zeroPoint: zeroPoint, bounds: Self.u8)
    for _ in 0..<300 {
      let x = Float.random(in: -20...20, using: &random)
      let before = min(max(x, lower), upper)
      let expected = quantize(before, scale: scale, zeroPoint: zeroPoint, bounds: Self.u8)
      let after = quantize(x, scale: scale, zeroPoint: zeroPoint, bounds: bounds)
      #expect(after == expected, "\(x)")
    }
  }

  @Test func `a clamp that nothing satisfies takes the upper bound`() {
    let bounds = clampBounds(
      lower: 5, upper: 1, scale: 0.1, zeroPoint: 0, bounds: Self.u8)
    #expect(bounds == 10...10)
  }
}
