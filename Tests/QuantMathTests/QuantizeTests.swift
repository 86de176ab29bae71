import QuantMath
import TestSupport
import Testing

@Suite("quantize and dequantize")
struct QuantizeTests {
  private static let storages: [ClosedRange<Int32>] = [
    0...255, -128...127, -127...127, 0...15, -8...7, -32768...32767,
  ]

  @Test(arguments: 0..<64 as Range<UInt64>)
  func `round trip within half a step, or clamped`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for bounds in Self.storages {
      let scale = random.logarithmic(-90...90).magnitude
      let zeroPoint = Int32.random(in: bounds, using: &random)
      let low = dequantize(bounds.lowerBound, scale: scale, zeroPoint: zeroPoint)
      let high = dequantize(bounds.upperBound, scale: scale, zeroPoint: zeroPoint)
      for _ in 0..<50 {
        let x = Float.random(in: low...high, using: &random)
        let q = quantize(x, scale: scale, zeroPoint: zeroPoint, bounds: bounds)
        let back = dequantize(q, scale: scale, zeroPoint: zeroPoint)
        // The quotient and the product round once each.
        let rounding = (Double(x.magnitude) + Double(back.magnitude)) * 0x1p-24
        let error = abs(Double(back) - Double(x))
        #expect(error <= Double(scale) * 0.5 + rounding, "\(x)")
        #expect(quantize(back, scale: scale, zeroPoint: zeroPoint, bounds: bounds) == q)
      }
    }
  }

  @Test(arguments: 0..<64 as Range<UInt64>)
  func `every stored integer survives the round trip`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let bounds: ClosedRange<Int32> = 0...255
    let scale = random.logarithmic(-100...99).magnitude
    let zeroPoint = Int32.random(in: bounds, using: &random)
    for q in bounds {
      let x = dequantize(q, scale: scale, zeroPoint: zeroPoint)
      #expect(quantize(x, scale: scale, zeroPoint: zeroPoint, bounds: bounds) == q)
    }
  }

  @Test(arguments: 0..<32 as Range<UInt64>)
  func `is monotonic`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let scale = random.logarithmic(-10...10).magnitude
    let xs = (0..<500).map { _ in random.logarithmic(-20...20) }.sorted()
    let qs = xs.map { quantize($0, scale: scale, zeroPoint: 3, bounds: -128...127) }
    #expect(qs == qs.sorted())
  }

  @Test func `meets ties, infinities and undefined values`() {
    func q(_ x: Float) -> Int32 { quantize(x, scale: 2, zeroPoint: 1, bounds: -128...127) }
    #expect([1, 3, 5, -1, -3, -5].map { q($0) } == [1, 3, 3, 1, -1, -1])
    #expect(q(.nan) == -128)
    #expect(q(-.nan) == -128)
    #expect(q(.infinity) == 127)
    #expect(q(-.infinity) == -128)
    #expect(q(.greatestFiniteMagnitude) == 127)
    #expect(q(.leastNonzeroMagnitude) == 1)
    #expect(q(-0.0) == 1)
  }

  @Test(arguments: 0..<64 as Range<UInt64>)
  func `a reciprocal and one correction give the IEEE quotient`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<2000 {
      let scale = random.logarithmic(-40...40).magnitude
      let x = Float.random(in: -300...300, using: &random) * scale
      let inverse = 1 / scale
      let t = x * inverse
      let corrected = ReferenceMath.fma(ReferenceMath.fma(-t, scale, x), inverse, t)
      #expect(corrected == x / scale, "\(x) / \(scale)")
    }
  }

  @Test func `a bias of any int32 dequantizes without overflow`() {
    #expect(dequantize(.min, scale: 1, zeroPoint: .max) == -0x1p+32)
    #expect(dequantize(.max, scale: 0x1p-31, zeroPoint: 0) == 1)
  }
}
