import QuantMath
import Tensors
import TestSupport
import Testing

@Suite("rounding that keeps means")
struct WeightRoundingTests {
  private struct Case {
    let weights: [Float]
    let inputs: InputStatistics
    let nearest: QuantizedWeights
    var kept: QuantizedWeights
    let shifts: [Double]

    /// Four output channels of twenty weights.
    init(seed: UInt64) throws {
      var random = SeededGenerator(seed: seed)
      weights = (0..<80).map { _ in Float.random(in: -1...1, using: &random) }
      inputs = InputStatistics(
        means: (0..<20).map { _ in Double.random(in: -1...3, using: &random) },
        variances: (0..<20).map { _ in Double.random(in: 0...0.5, using: &random) })
      nearest = try QuantizedWeights(weights, shape: Shape([4, 20]), axis: 0)
      kept = nearest
      shifts = kept.keepMeans(of: weights, inputs: inputs) { $0 % 20 }
    }

    func differences(_ quantized: QuantizedWeights, _ channel: Int) -> [Double] {
      (0..<20).map {
        Double(weights[channel * 20 + $0])
          - Double(quantized.values[channel * 20 + $0]) * Double(quantized.scales[channel])
      }
    }

    func shift(_ quantized: QuantizedWeights, _ channel: Int) -> Double {
      zip(differences(quantized, channel), inputs.means).reduce(0) { $0 + $1.0 * $1.1 }
    }

    func error(_ quantized: QuantizedWeights, _ channel: Int) -> Double {
      let mean = shift(quantized, channel)
      return zip(differences(quantized, channel), inputs.variances)
        .reduce(mean * mean) { $0 + $1.0 * $1.0 * $1.1 }
    }
  }

  @Test(arguments: 0..<32 as Range<UInt64>)
  func `the error of no channel grows, and what is left of the mean is told`(seed: UInt64) throws {
    let rounding = try Case(seed: seed)
    var (before, after) = (0.0, 0.0)
    for channel in 0..<4 {
      let (old, new) = (
        rounding.error(rounding.nearest, channel), rounding.error(rounding.kept, channel)
      )
      #expect(new <= old)
      #expect(abs(rounding.shift(rounding.kept, channel) - rounding.shifts[channel]) < 1e-12)
      (before, after) = (before + old, after + new)
    }
    #expect(after < before)
  }

  @Test(arguments: 0..<32 as Range<UInt64>)
  func `every weight goes to one of its two neighbours`(seed: UInt64) throws {
    let rounding = try Case(seed: seed)
    #expect(rounding.kept.scales == rounding.nearest.scales)
    for channel in 0..<4 {
      let scale = Double(rounding.kept.scales[channel])
      for difference in rounding.differences(rounding.kept, channel) {
        #expect(difference.magnitude <= scale * 1.001)
      }
    }
    #expect(rounding.kept.values.allSatisfy { $0 != -128 })
  }

  @Test func `centered inputs leave the nearest integers`() throws {
    var random = SeededGenerator(seed: 1)
    let weights = (0..<18).map { _ in Float.random(in: -1...1, using: &random) }
    let nearest = try QuantizedWeights(weights, shape: Shape([2, 9]), axis: 0)
    var kept = nearest
    let inputs = InputStatistics(means: [0], variances: [0.3])
    #expect(kept.keepMeans(of: weights, inputs: inputs) { _ in 0 } == [0, 0])
    #expect(kept == nearest)
  }

  @Test func `a kernel that takes differences stays free of the mean`() throws {
    let weights: [Float] = [0.3, 0.31, 0.312, 0.3, -2.442, 0.31, 0.3, 0.31, 0.3]
    var kept = try QuantizedWeights(weights, shape: Shape([1, 9]), axis: 0)
    let inputs = InputStatistics(means: [10], variances: [0.01])
    _ = kept.keepMeans(of: weights, inputs: inputs) { _ in 0 }
    #expect(abs(kept.values.reduce(0) { $0 + Int($1) }) <= 1)
  }
}
