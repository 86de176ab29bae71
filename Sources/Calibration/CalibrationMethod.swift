import Diagnostics

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

  package static let defaultPercentage = 99.999

  /// The word for the method, as the command line and the recipe have it.
  package var name: String {
    switch self {
    case .minMax: "min-max"
    case .movingAverage: "moving-average"
    case .percentile(CalibrationMethod.defaultPercentage): "percentile"
    case .percentile(let percentage): "percentile:\(percentage)"
    case .entropy: "entropy"
    case .squaredError: "mse"
    }
  }

  /// The method of a word: `min-max`, `moving-average`, `percentile`, `percentile:99.9`, `entropy`,
  /// `mse`.
  ///
  /// - Throws: `QC0001` for another word.
  package init(parsing text: String) throws(Diagnostic) {
    switch text {
    case "min-max": self = .minMax
    case "moving-average": self = .movingAverage
    case "percentile": self = .percentile(CalibrationMethod.defaultPercentage)
    case "entropy": self = .entropy
    case "mse": self = .squaredError
    default:
      let prefix = "percentile:"
      guard text.hasPrefix(prefix), let percentage = Double(text.dropFirst(prefix.count)),
        percentage > 50, percentage <= 100
      else {
        throw Diagnostic(
          .usage, "unknown calibration method '\(text)'",
          hint: "known: min-max, moving-average, percentile[:99.999], entropy, mse")
      }
      self = .percentile(percentage)
    }
  }
}
