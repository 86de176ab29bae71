/// How what was seen of a tensor becomes the range to quantize.
package enum CalibrationMethod: Hashable, Sendable {
  /// The smallest and the largest value.
  case minMax
  /// The mean of the samples' extremes, recent samples weighing more from the 100th on.
  case movingAverage
  /// Leaves out `100 - percentage` percent of the values, half of them at each end.
  case percentile(Double)
  /// The range whose quantized distribution diverges least from the true one.
  case entropy
  /// The range of least squared quantization error.
  case squaredError
}
