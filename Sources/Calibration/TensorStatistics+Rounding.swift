import QuantMath

extension TensorStatistics {
  /// The mean squared error of the values when they are stored as integers.
  ///
  /// Values are taken as evenly spread over their bins; zeros are exact. A bin much wider than a step
  /// that is not clipped has step² / 12.
  /// - Parameters:
  ///   - scale: real size of one step.
  ///   - zeroPoint: the integer that stands for 0.
  ///   - bounds: `qmin...qmax`; what lies outside is clipped.
  /// - Returns: 0 for a tensor without a finite value.
  package func meanSquaredError(
    scale: Double, zeroPoint: Int32, bounds: ClosedRange<Int32>
  ) -> Double {
    guard finiteCount > 0 else { return 0 }
    let low = Double(bounds.lowerBound) - Double(zeroPoint)
    let high = Double(bounds.upperBound) - Double(zeroPoint)
    let step = histogram.width / scale
    func edge(_ bin: Int) -> Edge { Edge(Double(bin) * step, low, high) }
    var sum = 0.0
    for (index, count) in histogram.counts.enumerated() where count > 0 {
      let bin = histogram.lowestBin + index
      sum += Double(count) * edge(bin).error(to: edge(bin + 1))
    }
    return sum / step * scale * scale / Double(finiteCount)
  }
}

/// A place on the line of numbers, in steps from 0, with its integer.
private struct Edge {
  let nearest: Double
  /// From ``nearest`` to the place.
  let rest: Double

  init(_ place: Double, _ low: Double, _ high: Double) {
    nearest = min(max(place.rounded(.toNearestOrEven), low), high)
    rest = place - nearest
  }

  /// The integral of the squared distance to the nearest integer, from this place to a higher one: each
  /// integer in between adds 1 / 12.
  func error(to other: Edge) -> Double {
    (other.nearest - nearest) / 12
      + (other.rest * other.rest * other.rest - rest * rest * rest) / 3
  }
}
