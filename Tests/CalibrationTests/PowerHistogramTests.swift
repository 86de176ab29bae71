import Foundation
import Tensors
import TestSupport
import Testing

@testable import Calibration

@Suite("power-of-two histogram")
struct PowerHistogramTests {
  static let ranges: [(Float, Float)] = [
    (0, 1), (-1, 0), (-1, 1), (0, 3.3e38), (-3.4e38, 3.4e38), (0, .leastNonzeroMagnitude),
    (-.leastNonzeroMagnitude, 1e-30), (-1e-30, 6.5), (0, 4096), (0, 4095.99), (-2048, 2047.5),
    (5, 5),
  ]

  @Test(arguments: ranges)
  func `a range takes more than half of the bins and never too many`(
    _ low: Float, _ high: Float
  ) {
    let histogram = PowerHistogram(covering: low...high)
    #expect(histogram.counts.count <= PowerHistogram.binLimit)
    #expect(histogram.counts.count > PowerHistogram.binLimit / 2 - 1)
    #expect((-161...117).contains(histogram.exponent))
    let lowest = Double(histogram.lowestBin) * histogram.width
    #expect(lowest <= min(Double(low), 0))
    #expect(lowest + Double(histogram.counts.count) * histogram.width > max(Double(high), 0))
  }

  @Test func `nothing but zero has no bins`() throws {
    #expect(PowerHistogram(covering: 0...0).counts.isEmpty)
    let statistics = try TensorStatistics.of([[0, 0, -0.0]])
    #expect(statistics.zeroCount == 3 && statistics.histogram.counts.isEmpty)
    #expect(statistics.extremes == 0...0)
    #expect(statistics.extremes?.lowerBound.sign == .plus)
  }

  @Test(arguments: 0..<32 as Range<UInt64>)
  func `counts do not depend on order or grouping`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let values = (0..<200).map { _ in
      generator.normal()
        * Float(
          sign: .plus, exponent: .random(in: -20...20, using: &generator),
          significand: 1)
    }
    let whole = try TensorStatistics.of([values]).histogram
    let single = try TensorStatistics.of(values.shuffled(using: &generator).map { [$0] })
    #expect(single.histogram == whole)
    #expect(whole.total == 200)
  }

  @Test func `each value lies in its bin`() throws {
    let values: [Float] = [-1, -0.9999, -1e-30, 1e-30, 0.25, 0.5, 1]
    let histogram = try TensorStatistics.of([values]).histogram
    for value in values {
      let bin = Int((Double(value) / histogram.width).rounded(.down)) - histogram.lowestBin
      #expect(histogram.counts[bin] > 0, "\(value)")
    }
    #expect(histogram.total == 7)
  }

  @Test func `values of all magnitudes, subnormal to largest, are counted`() throws {
    let values: [Float] = [
      .leastNonzeroMagnitude, -.leastNormalMagnitude, 1, .greatestFiniteMagnitude,
      -.greatestFiniteMagnitude,
    ]
    let histogram = try TensorStatistics.of([values]).histogram
    #expect(histogram.total == 5)
    let tiny = try TensorStatistics.of([[.leastNonzeroMagnitude, -.leastNonzeroMagnitude]])
    #expect(tiny.histogram.total == 2)
  }
}
