import Foundation

/// Powers of two by which the channels of an activation are divided, chosen from what calibration saw
/// and from the weights that read it.
///
/// For a share α the factor of channel k is `a[k]^α / w[k]^(1 − α)`, `a` and `w` being the largest
/// magnitudes of the channel and of its weights, divided by the geometric mean of all and rounded to
/// a power of two. Of α = 0, 0.1, …, 1 the one of least estimated error is taken.
struct SmoothingFactors {
  /// For each channel the power of two.
  let exponents: [Int]

  /// What the estimated error must fall to for smoothing to be worth an op.
  static let greatestShare = 0.8

  /// Fails when the error would not fall enough, or a channel was never finite.
  ///
  /// - Parameters:
  ///   - ranges: of the activation.
  ///   - weights: row-major `[channels, n]`, of every product that reads the activation.
  init?(_ ranges: ChannelRanges, weights: [[Float]]) {
    let count = ranges.minima.count
    guard count > 1, !weights.isEmpty,
      weights.allSatisfy({ !$0.isEmpty && $0.count.isMultiple(of: count) }),
      zip(ranges.minima, ranges.maxima).allSatisfy({ $0.isFinite && $1.isFinite && $0 <= $1 })
    else { return nil }
    let error = SmoothingError(ranges, weights)
    let unsmoothed = error.of([Int](repeating: 0, count: count))
    var best: (error: Double, exponents: [Int])?
    for step in 0...10 {
      let exponents = SmoothingFactors.exponents(
        share: Double(step) / 10, error.activationExtents, error.weightExtents)
      let value = error.of(exponents)
      if value < best?.error ?? .infinity { best = (value, exponents) }
    }
    guard let best, best.error < SmoothingFactors.greatestShare * unsmoothed else { return nil }
    exponents = best.exponents
  }

  /// A channel that is always 0, or that no weight reads, keeps the factor 1.
  private static func exponents(
    share: Double, _ activations: [Double], _ weights: [Double]
  ) -> [Int] {
    let logarithms = zip(activations, weights).map { activation, weight -> Double? in
      activation > 0 && weight > 0 ? share * log2(activation) - (1 - share) * log2(weight) : nil
    }
    let known = logarithms.compactMap { $0 }
    let mean = known.isEmpty ? 0 : known.reduce(0, +) / Double(known.count)
    return logarithms.map { logarithm in
      guard let logarithm else { return 0 }
      return min(max(Int((logarithm - mean).rounded(.toNearestOrEven)), -20), 20)
    }
  }
}

/// The expected squared error of products whose operands are rounded to 8 bits.
private struct SmoothingError {
  private let ranges: ChannelRanges
  /// Σ w² of each channel, over all products.
  private let weightSquares: [Double]
  /// Row-major `[channels, n]`, of each product.
  private let weights: [[Float]]
  /// Mean squares of the channels; a range is taken for ten standard deviations.
  private let squares: [Double]
  let activationExtents: [Double]
  let weightExtents: [Double]

  init(_ ranges: ChannelRanges, _ weights: [[Float]]) {
    let count = ranges.minima.count
    var weightSquares = [Double](repeating: 0, count: count)
    var weightExtents = weightSquares
    for matrix in weights {
      let columns = matrix.count / count
      for channel in 0..<count {
        for weight in matrix[channel * columns..<(channel + 1) * columns] {
          weightSquares[channel] += Double(weight) * Double(weight)
          weightExtents[channel] = max(weightExtents[channel], Double(weight.magnitude))
        }
      }
    }
    self.ranges = ranges
    self.weights = weights
    self.weightSquares = weightSquares
    self.weightExtents = weightExtents
    activationExtents = zip(ranges.minima, ranges.maxima).map {
      Double(max($0.magnitude, $1.magnitude))
    }
    squares = (0..<count).map { channel in
      let deviation = (Double(ranges.maxima[channel]) - Double(ranges.minima[channel])) / 10
      return ranges.means[channel] * ranges.means[channel] + deviation * deviation
    }
  }

  func of(_ exponents: [Int]) -> Double {
    let factors = exponents.map { Double(sign: .plus, exponent: $0, significand: 1) }
    var (low, high) = (0.0, 0.0)
    for (channel, factor) in factors.enumerated() {
      low = min(low, Double(ranges.minima[channel]) / factor)
      high = max(high, Double(ranges.maxima[channel]) / factor)
    }
    let step = (high - low) / 255
    var (rounding, power) = (0.0, 0.0)
    for (channel, factor) in factors.enumerated() {
      rounding += step * step * factor * factor * weightSquares[channel]
      power += squares[channel] / (factor * factor)
    }
    return rounding + power * weights.map { squaredSteps($0, factors) }.reduce(0, +)
  }

  /// Σ of the squared scales of a product's columns.
  private func squaredSteps(_ matrix: [Float], _ factors: [Double]) -> Double {
    let columns = matrix.count / factors.count
    var extents = [Float](repeating: 0, count: columns)
    for (channel, factor) in factors.enumerated() {
      let (start, scale) = (channel * columns, Float(factor))
      for column in 0..<columns {
        extents[column] = max(extents[column], matrix[start + column].magnitude * scale)
      }
    }
    return extents.reduce(0) { $0 + Double($1) * Double($1) / (127 * 127) }
  }
}
