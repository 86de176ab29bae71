/// What calibration knows of one tensor. Exactly mergeable: statistics of two sets of samples
/// merge to those of their union, in any order.
package struct TensorStatistics: Hashable, Sendable {
  package internal(set) var finiteCount: UInt64 = 0
  /// Positive and negative zeros, which count as finite too.
  package internal(set) var zeroCount: UInt64 = 0
  package internal(set) var nanCount: UInt64 = 0
  package internal(set) var infinityCount: UInt64 = 0
  /// Smallest and largest finite value; `nil` without one.
  package internal(set) var extremes: ClosedRange<Float>?
  /// The finite values but zeros.
  package internal(set) var histogram = PowerHistogram.empty
  /// Sample index to the extremes of that sample, where it had a finite value.
  package internal(set) var sampleExtremes: [Int: ClosedRange<Float>] = [:]
  package internal(set) var channels = Channels.unseen
  /// Of what a convolution with constant weights read to make the tensor; `nil` where nothing is
  /// kept.
  package internal(set) var products: ProductMoments?
  /// What an error of the tensor costs at the outputs, by ascending sample; empty where it was not
  /// measured.
  package internal(set) var gains: [OutputGain] = []

  /// Statistics per channel, where all samples agree on what a channel is.
  package enum Channels: Hashable, Sendable {
    /// No sample yet.
    case unseen
    case known(ChannelStatistics)
    /// The tensor has no channel axis, too many channels, or another number in each sample.
    case none
  }

  package init() {}

  package var channelStatistics: ChannelStatistics? {
    if case .known(let statistics) = channels { statistics } else { nil }
  }

  mutating func merge(_ other: TensorStatistics) {
    finiteCount += other.finiteCount
    zeroCount += other.zeroCount
    nanCount += other.nanCount
    infinityCount += other.infinityCount
    extremes = TensorStatistics.union(extremes, other.extremes)
    if let extremes { histogram.merge(other.histogram, covering: extremes) }
    sampleExtremes.merge(other.sampleExtremes) { first, _ in first }
    channels.merge(other.channels)
    mergeProducts(other.products)
    for gain in other.gains { add(gain) }
  }

  private mutating func mergeProducts(_ other: ProductMoments?) {
    guard let other else { return }
    guard var own = products else {
      products = other
      return
    }
    guard own.groupCount == other.groupCount, own.size == other.size else {
      products = nil
      return
    }
    products = nil
    own.merge(other)
    products = own
  }

  static func union(
    _ lhs: ClosedRange<Float>?, _ rhs: ClosedRange<Float>?
  ) -> ClosedRange<Float>? {
    guard let lhs, let rhs else { return lhs ?? rhs }
    return min(lhs.lowerBound, rhs.lowerBound)...max(lhs.upperBound, rhs.upperBound)
  }
}

extension TensorStatistics.Channels {
  mutating func merge(_ other: TensorStatistics.Channels) {
    switch (self, other) {
    case (_, .unseen): break
    case (.unseen, _): self = other
    case (.known(var mine), .known(let theirs))
    where mine.axis == theirs.axis && mine.count == theirs.count:
      mine.merge(theirs)
      self = .known(mine)
    case (.known, .known), (.none, _), (_, .none): self = .none
    }
  }
}
