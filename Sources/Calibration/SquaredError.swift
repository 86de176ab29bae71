extension TensorStatistics {
  /// The range of least squared error between the bins' centers and their quantized values.
  ///
  /// First both ends are shrunk alike, then each end alone, twice. A search tries 100 shares from
  /// 0.2 to 1, and refines the best one by golden section. Zeros are exact in every range.
  func leastErrorRange(_ all: ClosedRange<Float>, _ grid: StorageGrid) -> ClosedRange<Float> {
    let error = GridError(histogram, grid)
    var (low, high) = (Double(all.lowerBound), Double(all.upperBound))
    if grid.isSymmetric {
      high = max(high, -low)
      low = -high
    }
    let share = ShareSearch.best { error.of(low * $0, high * $0) }
    (low, high) = (low * share, high * share)
    if !grid.isSymmetric, low < 0, high > 0 {
      for _ in 0..<2 {
        // The ends grow back first, so that an end that was shrunk for the other one recovers.
        let widest = (low: Double(all.lowerBound), high: Double(all.upperBound))
        low = widest.low * ShareSearch.best { error.of(widest.low * $0, high) }
        high = widest.high * ShareSearch.best { error.of(low, widest.high * $0) }
      }
    }
    return Float(low)...Float(high)
  }
}

/// Squared quantization error of a histogram.
private struct GridError {
  private let centers: [Double]
  private let counts: [Double]
  private let steps: Double
  private let isSymmetric: Bool

  init(_ histogram: PowerHistogram, _ grid: StorageGrid) {
    var centers: [Double] = []
    var counts: [Double] = []
    for (index, count) in histogram.counts.enumerated() where count > 0 {
      centers.append((Double(histogram.lowestBin + index) + 0.5) * histogram.width)
      counts.append(Double(count))
    }
    self.centers = centers
    self.counts = counts
    steps = Double(grid.isSymmetric ? grid.levelCount - 2 : grid.levelCount - 1)
    isSymmetric = grid.isSymmetric
  }

  /// The error when `low...high` takes all integers; infinite for an empty range.
  func of(_ low: Double, _ high: Double) -> Double {
    let scale = (high - low) / steps
    guard scale > 0 else { return .infinity }
    // Integers counted from the zero point: real 0 is integer 0.
    let first = isSymmetric ? -steps / 2 : (low / scale).rounded(.toNearestOrEven)
    let last = first + steps
    let inverse = 1 / scale
    var total = 0.0
    centers.withUnsafeBufferPointer { centers in
      counts.withUnsafeBufferPointer { counts in
        for index in 0..<centers.count {
          let rounded = (centers[index] * inverse + 0x1.8p52) - 0x1.8p52
          let integer = rounded < first ? first : rounded > last ? last : rounded
          let difference = centers[index] - integer * scale
          total += counts[index] * (difference * difference)
        }
      }
    }
    return total
  }
}

/// Search for the share of a range, in 0.2...1, at which a function is least.
private enum ShareSearch {
  static func best(_ function: (Double) -> Double) -> Double {
    let step = 0.8 / 99
    var best = (value: function(1), share: 1.0)
    for index in 0..<99 {
      let share = 0.2 + step * Double(index)
      let value = function(share)
      if value < best.value { best = (value, share) }
    }
    let refined = goldenSection(
      max(best.share - step, 0.2)...min(best.share + step, 1), function)
    return function(refined) < best.value ? refined : best.share
  }

  /// The least place of a function that falls, then rises.
  private static func goldenSection(
    _ range: ClosedRange<Double>, _ function: (Double) -> Double
  ) -> Double {
    let ratio = 0.618_033_988_749_894_9
    var (low, high) = (range.lowerBound, range.upperBound)
    var left = high - ratio * (high - low)
    var right = low + ratio * (high - low)
    var (atLeft, atRight) = (function(left), function(right))
    for _ in 0..<16 {
      if atLeft <= atRight {
        (high, right, atRight) = (right, left, atLeft)
        left = high - ratio * (high - low)
        atLeft = function(left)
      } else {
        (low, left, atLeft) = (left, right, atRight)
        right = low + ratio * (high - low)
        atRight = function(right)
      }
    }
    return (low + high) / 2
  }
}
