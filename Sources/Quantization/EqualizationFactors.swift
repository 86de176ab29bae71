import Foundation
import GraphIR
import Tensors

/// Powers of two by which the channels of a stored value are multiplied, so that small ones take
/// more of the steps that one scale gives to all.
struct EqualizationFactors {
  /// For each channel the power of two, at least 0.
  let exponents: [Int]

  /// The largest power of two that is tried.
  private static let greatestExponent = 10

  /// Fails when the estimated error would not fall by a fifth, or a channel was never finite.
  ///
  /// A channel is multiplied by the largest power of two with which it stays in `range`, but by no
  /// more than 2^limit; of all limits the one of least estimated error is taken, of equal ones the
  /// smallest.
  ///
  /// - Parameters:
  ///   - channels: of each stored value.
  ///   - ranges: what each of these values is stored in.
  ///   - consumers: what reads the channels.
  init?(
    _ channels: [ChannelRanges], ranges: [ClosedRange<Float>], consumers: [ChannelConsumer]
  ) {
    guard let first = channels.first, let range = ranges.first, first.minima.count > 1,
      channels.allSatisfy({ $0.minima.count == first.minima.count }),
      channels.allSatisfy({ $0.isFinite })
    else { return nil }
    let full = first.minima.indices.map { channel in
      zip(channels, ranges).map { $0.exponent(of: channel, filling: $1) }.min() ?? 0
    }
    let error = EqualizationError(first, range, consumers)
    let unchanged = error.of(full.map { _ in 0 })
    var best = (error: unchanged, exponents: full.map { _ in 0 })
    for limit in 1...EqualizationFactors.greatestExponent {
      let exponents = full.map { min($0, limit) }
      let value = error.of(exponents)
      if value < best.error { best = (value, exponents) }
    }
    guard best.error < SmoothingFactors.greatestShare * unchanged else { return nil }
    exponents = best.exponents
  }
}

extension ChannelRanges {
  /// The largest power of two with which a channel stays in the range; 0 for one that leaves it,
  /// and for one that is always 0.
  fileprivate func exponent(of channel: Int, filling range: ClosedRange<Float>) -> Int {
    var room = Double.infinity
    if maxima[channel] > 0 { room = Double(range.upperBound) / Double(maxima[channel]) }
    if minima[channel] < 0 {
      room = min(room, Double(range.lowerBound) / Double(minima[channel]))
    }
    return room.isFinite && room >= 1 ? Int(room.exponent) : 0
  }
}

/// The expected squared error of the products that read a value of 8 bits: of its rounding, and of
/// the weights' where channels share a row.
private struct EqualizationError {
  /// The square of the value's scale.
  private let step: Double
  /// Σ w² of each channel, over all consumers.
  private let weightSquares: [Double]
  /// Mean squares of the channels; a range is taken for ten standard deviations.
  private let squares: [Double]
  private let shared: [ChannelConsumer]

  init(_ channels: ChannelRanges, _ range: ClosedRange<Float>, _ consumers: [ChannelConsumer]) {
    let scale = (Double(range.upperBound) - Double(range.lowerBound)) / 255
    step = scale * scale
    var weightSquares = [Double](repeating: 0, count: channels.minima.count)
    for consumer in consumers {
      for (index, weight) in consumer.weights.floats.enumerated() {
        weightSquares[consumer.channel(of: index)] += Double(weight) * Double(weight)
      }
    }
    self.weightSquares = weightSquares
    squares = channels.minima.indices.map { channels.meanSquare($0) }
    shared = consumers.filter { $0.weights.shape[1] > 1 }
  }

  func of(_ exponents: [Int]) -> Double {
    let factors = exponents.map { Double(sign: .plus, exponent: $0, significand: 1) }
    var rounding = 0.0
    for (channel, factor) in factors.enumerated() {
      rounding += step * weightSquares[channel] / (factor * factor)
    }
    return rounding + shared.map { roundingOfWeights($0, factors) }.reduce(0, +)
  }

  private func roundingOfWeights(_ consumer: ChannelConsumer, _ factors: [Double]) -> Double {
    let (dims, weights) = (consumer.weights.shape.dims, consumer.weights.floats)
    let count = dims.dropFirst().reduce(1, *)
    var total = 0.0
    for row in 0..<dims[0] {
      var (extent, power) = (0.0, 0.0)
      for index in row * count..<(row + 1) * count {
        let channel = consumer.channel(of: index)
        extent = max(extent, Double(weights[index].magnitude) / factors[channel])
        power += squares[channel] * factors[channel] * factors[channel]
      }
      total += extent * extent / (127 * 127) * power
    }
    return total
  }
}
