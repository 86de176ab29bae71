extension TensorStatistics {
  /// The moving average of the samples' extremes, in sample order; `nil` without a sample.
  ///
  /// `average += (value - average) * max(1 / n, 1 / 100)` for the `n`-th sample: the plain mean of
  /// the first 100 samples, an exponential average from there on. In float64, rounded at the end.
  var averageRange: ClosedRange<Float>? {
    var low = 0.0
    var high = 0.0
    var count = 0.0
    for sample in sampleExtremes.keys.sorted() {
      guard let range = sampleExtremes[sample] else { continue }
      count += 1
      let weight = max(1 / count, 0.01)
      low += (Double(range.lowerBound) - low) * weight
      high += (Double(range.upperBound) - high) * weight
    }
    return count == 0 ? nil : Float(min(low, high))...Float(max(low, high))
  }
}
