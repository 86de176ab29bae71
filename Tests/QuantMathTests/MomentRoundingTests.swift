import QuantMath
import Tensors
import TestSupport
import Testing

@Suite("rounding by moments")
struct MomentRoundingTests {
  /// Two groups of three output channels with eight weights each, whose inputs follow each other.
  private struct Case {
    let weights: [Float]
    let moments: TapMoments
    let samples: [[Double]]
    let nearest: QuantizedWeights
    var moved: QuantizedWeights
    let shifts: [Double]

    static let size = 8

    init(seed: UInt64) throws {
      var random = SeededGenerator(seed: seed)
      weights = (0..<48).map { _ in Float.random(in: -1...1, using: &random) }
      samples = (0..<400).map { _ in
        let common = Double.random(in: 0...2, using: &random)
        return (0..<16).map { _ in common + Double.random(in: -0.2...0.2, using: &random) }
      }
      let count = Double(samples.count)
      let rows = samples
      let mean = { (i: Int, j: Int) in rows.reduce(0) { $0 + $1[i] * $1[j] } / count }
      moments = TapMoments(
        groupCount: 2, size: 8, count: count,
        means: (0..<16).map { i in rows.reduce(0) { $0 + $1[i] } / count },
        products: [0, 8].flatMap { start in
          (0..<8).flatMap { i in (0...i).map { mean(start + i, start + $0) } }
        })
      nearest = try QuantizedWeights(weights, shape: Shape([6, 8]), axis: 0)
      moved = nearest
      shifts = moved.lowerError(of: weights, moments: moments) { _, _ in 1 }
    }

    func differences(_ quantized: QuantizedWeights, _ row: Int) -> [Double] {
      (row * 8..<row * 8 + 8).map {
        Double(weights[$0]) - Double(quantized.values[$0]) * Double(quantized.scales[row])
      }
    }

    /// The mean squared error of an output channel's sums.
    func error(_ quantized: QuantizedWeights, _ row: Int) -> Double {
      let (d, start) = (differences(quantized, row), row / 3 * 8)
      return samples.reduce(0) { total, sample in
        let sum = (0..<8).reduce(0) { $0 + d[$1] * sample[start + $1] }
        return total + sum * sum
      }
    }
  }

  @Test func `sums of inputs that vary together get less than half of the error`() throws {
    var (before, after) = (0.0, 0.0)
    for seed in 0..<8 as Range<UInt64> {
      let rounding = try Case(seed: seed)
      before += (0..<6).reduce(0) { $0 + rounding.error(rounding.nearest, $1) }
      after += (0..<6).reduce(0) { $0 + rounding.error(rounding.moved, $1) }
      #expect(rounding.moved.scales == rounding.nearest.scales)
      #expect(rounding.moved.values.allSatisfy { $0 >= -127 })
    }
    #expect(after < 0.5 * before)
  }

  @Test(arguments: 0..<8 as Range<UInt64>)
  func `what is left of each channel's mean is told`(seed: UInt64) throws {
    let rounding = try Case(seed: seed)
    for row in 0..<6 {
      let shift = zip(
        rounding.differences(rounding.moved, row), rounding.moments.means[(row / 3 * 8)...]
      )
      .reduce(0) { $0 + $1.0 * $1.1 }
      #expect(abs(shift - rounding.shifts[row]) < 1e-12)
    }
  }

  @Test func `weights of inputs that were always 0 stay at the nearest integers`() throws {
    let weights: [Float] = [0.3, -0.7, 1, 0.01]
    let nearest = try QuantizedWeights(weights, shape: Shape([1, 4]), axis: 0)
    var moved = nearest
    let shifts = moved.lowerError(
      of: weights,
      moments: TapMoments(
        groupCount: 1, size: 4, count: 9, means: [0, 0, 0, 0],
        products: [Double](repeating: 0, count: 10))
    ) { _, _ in 1 }
    #expect(moved == nearest)
    #expect(shifts == [0])
  }
}
