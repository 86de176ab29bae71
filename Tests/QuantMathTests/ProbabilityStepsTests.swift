import QuantMath
import Testing

@Suite("probabilities as bytes")
struct ProbabilityStepsTests {
  private func fast(_ y: Float) -> Int32 {
    let t = ProbabilitySteps.nudge.addingProduct(y, ProbabilitySteps.inverse)
    return Int32(t.rounded(.toNearestOrEven))
  }

  private func defined(_ y: Float) -> Int32 {
    quantize(y, scale: ProbabilitySteps.scale, zeroPoint: 0, bounds: 0...255)
  }

  /// The bits of the least number of 0...1 that becomes `q`.
  private func step(to q: Int32) -> UInt32 {
    var (low, high) = (Float(0).bitPattern, Float(1).bitPattern)
    while low < high {
      let middle = (low + high) / 2
      if defined(Float(bitPattern: middle)) >= q { high = middle } else { low = middle + 1 }
    }
    return low
  }

  @Test func `the product and the quotient step at the same 255 numbers`() {
    for q in 1...Int32(255) {
      let bits = step(to: q)
      for y in [Float(bitPattern: bits - 1), Float(bitPattern: bits)] {
        #expect(fast(y) == defined(y), "at \(y)")
      }
    }
    #expect(fast(0) == 0)
    #expect(fast(1) == 255)
  }
}
