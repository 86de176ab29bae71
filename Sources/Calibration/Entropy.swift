import Foundation

extension TensorStatistics {
  /// The threshold `T` on magnitudes whose quantized distribution diverges least (Kullback-Leibler)
  /// from the true one clipped to `T`; the range is what lies in `-T...T`.
  ///
  /// Source: Migacz, "8-bit inference with TensorRT", GTC 2017, as pseudocode.
  /// - Bins: at most 2048 of magnitudes, of a power-of-two width; zeros are left out, so that the
  ///   spike of a ReLU does not decide.
  /// - The quantized distribution has 128 levels, or 256 where all values have one sign and the
  ///   storage is asymmetric; it is float, not truncated to counts.
  /// - Of equal divergences the larger `T` is taken.
  func entropyRange(_ all: ClosedRange<Float>, _ grid: StorageGrid) -> ClosedRange<Float> {
    var bins = histogram.magnitudes
    var width = histogram.width
    while bins.count > 2048 {
      bins = stride(from: 0, to: bins.count, by: 2).map {
        bins[$0] + ($0 + 1 < bins.count ? bins[$0 + 1] : 0)
      }
      width *= 2
    }
    let isOneSided = all.lowerBound == 0 || all.upperBound == 0
    let levels = isOneSided && !grid.isSymmetric ? grid.levelCount : grid.levelCount / 2
    let divergence = ClippedDivergence(bins, levelCount: levels)
    var best = (divergence: Double.infinity, binCount: bins.count)
    for count in stride(from: min(levels, bins.count), through: bins.count, by: 1) {
      let value = divergence.clipping(at: count)
      if value <= best.divergence { best = (value, count) }
    }
    guard best.binCount < bins.count else { return all }
    let threshold = Float((Double(best.binCount) + 0.5) * width)
    return -threshold...threshold
  }
}

/// Divergence of a histogram, clipped to its first bins, from the same quantized to some levels.
private struct ClippedDivergence {
  private let bins: [Double]
  private let levelCount: Int
  /// Sums of the first `i` bins, of the first `i` non-empty bins' number, and of `h * log(h)`.
  private var sums = [0.0]
  private var filled = [0.0]
  private var entropies = [0.0]
  /// What an empty level counts as, so that its logarithm exists.
  private let smoothing = 1e-4

  init(_ counts: [UInt64], levelCount: Int) {
    bins = counts.map { Double($0) }
    self.levelCount = levelCount
    for (index, count) in bins.enumerated() {
      sums.append(sums[index] + count)
      filled.append(filled[index] + (count > 0 ? 1 : 0))
      entropies.append(entropies[index] + (count > 0 ? count * log(count) : 0))
    }
  }

  /// `Σ P log(P / Q)`, P being the first `count` bins with all later ones added to the last of
  /// them, Q those bins without the later ones, each level's sum spread evenly over its bins that
  /// are not empty in P; both normalized.
  func clipping(at count: Int) -> Double {
    let total = sums[bins.count]
    let outliers = total - sums[count]
    let last = count - 1
    let lastInP = bins[last] + outliers
    var result = entropies[last] + (lastInP > 0 ? lastInP * log(lastInP) : 0)
    for level in 0..<levelCount {
      let start = level * count / levelCount
      let end = (level + 1) * count / levelCount
      var mass = sums[end] - sums[start]
      var filledBins = filled[end] - filled[start]
      var massInP = mass
      if end == count {
        massInP += outliers
        if bins[last] == 0, lastInP > 0 { filledBins += 1 }
      }
      guard massInP > 0, filledBins > 0 else { continue }
      if mass == 0 { mass = smoothing }
      result -= massInP * log(mass / filledBins)
    }
    return result / total - log(total) + log(max(sums[count], smoothing))
  }
}
