/// Extremes and sum of each channel of a tensor.
package struct ChannelStatistics: Hashable, Sendable {
  /// The axis that counts the channels.
  package let axis: Int
  /// Smallest finite value of each channel; +infinity for a channel without one.
  package internal(set) var minima: [Float]
  /// Largest finite value of each channel; -infinity for a channel without one.
  package internal(set) var maxima: [Float]
  /// The sum of the finite values, each rounded half to even to a multiple of 2⁻⁴⁸ after
  /// clamping to ±2⁴⁰, in units of 2⁻⁴⁸.
  package internal(set) var sums: [Int128]
  package internal(set) var finiteCounts: [UInt64]

  /// Most channels that statistics are kept of.
  package static let channelLimit = 65_536

  init(axis: Int, channelCount: Int) {
    self.axis = axis
    minima = [Float](repeating: .infinity, count: channelCount)
    maxima = [Float](repeating: -.infinity, count: channelCount)
    sums = [Int128](repeating: 0, count: channelCount)
    finiteCounts = [UInt64](repeating: 0, count: channelCount)
  }

  init(
    axis: Int, minima: [Float], maxima: [Float], sums: [Int128], finiteCounts: [UInt64]
  ) {
    self.axis = axis
    self.minima = minima
    self.maxima = maxima
    self.sums = sums
    self.finiteCounts = finiteCounts
  }

  package var count: Int { minima.count }

  /// The mean of a channel; `nil` without a finite value.
  package func mean(_ channel: Int) -> Double? {
    guard finiteCounts[channel] > 0 else { return nil }
    return Double(sums[channel]) * 0x1p-48 / Double(finiteCounts[channel])
  }

  /// The channels that were 0 wherever they were finite.
  package var deadChannels: [Int] {
    (0..<count).filter { minima[$0] == 0 && maxima[$0] == 0 }
  }

  mutating func merge(_ other: ChannelStatistics) {
    for channel in 0..<count {
      minima[channel] = min(minima[channel], other.minima[channel])
      maxima[channel] = max(maxima[channel], other.maxima[channel])
      sums[channel] &+= other.sums[channel]
      finiteCounts[channel] += other.finiteCounts[channel]
    }
  }
}
