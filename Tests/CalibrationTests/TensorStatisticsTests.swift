import Foundation
import Tensors
import TestSupport
import Testing

@testable import Calibration

@Suite("tensor statistics")
struct TensorStatisticsTests {
  @Test func `NaN and infinities are counted and left out`() throws {
    let statistics = try TensorStatistics.of([[1, .nan, -2, .infinity, 0, -.infinity, .nan]])
    #expect(statistics.nanCount == 2 && statistics.infinityCount == 2)
    #expect(statistics.finiteCount == 3 && statistics.zeroCount == 1)
    #expect(statistics.extremes == -2...1)
    #expect(statistics.histogram.total == 2)
  }

  @Test func `an all-NaN sample has no extremes`() throws {
    let statistics = try TensorStatistics.of([[.nan, .nan], [3, 4]])
    #expect(statistics.sampleExtremes == [1: 3...4])
    #expect(statistics.extremes == 3...4)
  }

  @Test func `a tensor without elements is seen and empty`() throws {
    let statistics = try TensorStatistics.of([[]])
    #expect(statistics.finiteCount == 0 && statistics.extremes == nil)
    #expect(try statistics.range(.minMax) == 0...0)
  }

  /// A reference of the channel statistics, one value at a time.
  static func reference(
    _ values: [Float], outer: Int, channels: Int, inner: Int
  ) -> (sums: [Int128], minima: [Float], maxima: [Float], counts: [UInt64]) {
    var sums = [Int128](repeating: 0, count: channels)
    var minima = [Float](repeating: .infinity, count: channels)
    var maxima = [Float](repeating: -.infinity, count: channels)
    var counts = [UInt64](repeating: 0, count: channels)
    for (index, value) in values.enumerated() where value.isFinite {
      let channel = index / inner % channels
      let clamped = min(max(Double(value), -0x1p40), 0x1p40)
      let units = (clamped * 0x1p48).rounded(.toNearestOrEven)
      sums[channel] += Int128(exactly: units) ?? 0
      minima[channel] = min(minima[channel], value)
      maxima[channel] = max(maxima[channel], value)
      counts[channel] += 1
    }
    return (sums, minima, maxima, counts)
  }

  static let layouts = [
    (1, 1, 1), (1, 3, 1), (5, 33, 1), (7, 64, 1), (2, 3, 31), (2, 3, 32), (1, 4, 100), (1, 1, 65),
  ]

  @Test(arguments: layouts, [1, 1e-12, 1e4, 1e6, 3e38] as [Float])
  func `channel sums are exact`(_ layout: (Int, Int, Int), _ magnitude: Float) throws {
    let (outer, channels, inner) = layout
    var generator = SeededGenerator(seed: UInt64(outer * channels * inner))
    let values = (0..<outer * channels * inner).map { _ in
      Float.random(in: -1...1, using: &generator) * magnitude
    }
    var statistics = TensorStatistics()
    let tensor = try Tensor.floats(values, [outer, channels, inner])
    statistics.observe(tensor, channelAxis: 1, sample: 0)
    let expected = Self.reference(values, outer: outer, channels: channels, inner: inner)
    let actual = try #require(statistics.channelStatistics)
    #expect(actual.sums == expected.sums)
    #expect(actual.minima == expected.minima && actual.maxima == expected.maxima)
    #expect(actual.finiteCounts == expected.counts)
  }

  @Test func `channel sums leave non-finite values out`() throws {
    var statistics = TensorStatistics()
    let tensor = try Tensor.floats([1, .nan, .infinity, 2, .nan, -.infinity, 3, 4, 5], [3, 3])
    statistics.observe(tensor, channelAxis: 1, sample: 0)
    let channels = try #require(statistics.channelStatistics)
    #expect(channels.finiteCounts == [3, 1, 1])
    #expect(channels.mean(0) == 2 && channels.mean(1) == 4 && channels.mean(2) == 5)
  }

  @Test func `a channel that is always zero is dead`() throws {
    var statistics = TensorStatistics()
    statistics.observe(
      try Tensor.floats([0, 1, -0.0, 0, 2, 0], [2, 3]), channelAxis: 1, sample: 0)
    #expect(statistics.channelStatistics?.deadChannels == [0, 2])
  }

  @Test func `channels that differ between samples are given up, whatever the order`() throws {
    let one = try Tensor.floats([1, 2], [1, 2])
    let other = try Tensor.floats([1, 2, 3], [1, 3])
    for order in [[one, other, one], [other, one, one], [one, one, other]] {
      var statistics = TensorStatistics()
      for (index, tensor) in order.enumerated() {
        statistics.observe(tensor, channelAxis: 1, sample: index)
      }
      #expect(statistics.channels == .none)
    }
  }
}
