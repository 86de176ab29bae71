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
  /// The mean of ``gains`` in the order of the samples; `nil` where nothing was measured.
  package var meanGain: Double? {
    gains.isEmpty ? nil : gains.reduce(0) { $0 + $1.value } / Double(gains.count)
  }

  mutating func add(_ gain: OutputGain) {
    let place = gains.firstIndex { $0.sample > gain.sample } ?? gains.count
    gains.insert(gain, at: place)
  }
}
