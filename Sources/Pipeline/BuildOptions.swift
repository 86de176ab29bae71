import Calibration
import Quantization
import Targets

/// What `quantc build` is asked for.
package struct BuildOptions: Sendable {
  package var shapes: [String: [Int]] = [:]
  package var recipe = Recipe()
  package var table: CalibrationTable?
  /// The variants to compile, all of one architecture.
  package var targets: [CPUTarget] = []
  package var passes = PassManager.Options()
  /// Takes the printed graphs and steps.
  package var print: @Sendable (String) -> Void = { _ in }

  package init() {}
}
