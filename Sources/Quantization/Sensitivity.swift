import QuantMath
import Tensors

/// What calibration saw of a value, and of what its rounding costs.
package struct Sensitivity: Sendable {
  /// The outputs' relative squared error for each unit of the value's mean squared error; `nil` where
  /// it was not measured.
  package let gain: Double?
  /// The smallest and largest value that was seen.
  package let extremes: ClosedRange<Float>
  /// The mean squared error of the value stored as integers within bounds.
  package let error: @Sendable (QuantParams, ClosedRange<Int32>) -> Double

  package init(
    gain: Double?, extremes: ClosedRange<Float>,
    error: @escaping @Sendable (QuantParams, ClosedRange<Int32>) -> Double
  ) {
    self.gain = gain
    self.extremes = extremes
    self.error = error
  }
}

/// The sensitivity of a value, by its name; `nil` when the calibration table does not have it.
package typealias SensitivityTable = @Sendable (_ name: String) -> Sensitivity?
