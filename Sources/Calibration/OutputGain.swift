/// What an error of a value costs at the outputs of the model, as one sample shows it.
package struct OutputGain: Hashable, Sendable {
  /// The index of the sample.
  package let sample: Int
  /// Relative squared error of the outputs for each unit of the value's mean squared error.
  package let value: Double

  package init(sample: Int, value: Double) {
    self.sample = sample
    self.value = value
  }
}

extension TensorStatistics {
  /// The median of ``gains``, of an even number the mean of the middle two; `nil` where nothing was
  /// measured. A sample whose outputs are nearly nothing does not decide it.
  package var medianGain: Double? {
    let sorted = gains.map(\.value).sorted()
    guard !sorted.isEmpty else { return nil }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  mutating func add(_ gain: OutputGain) {
    let place = gains.firstIndex { $0.sample > gain.sample } ?? gains.count
    gains.insert(gain, at: place)
  }
}
