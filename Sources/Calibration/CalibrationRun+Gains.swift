import CReference
import Diagnostics
import Tensors

extension CalibrationRun {
  /// Measures what rounding single values costs at the outputs of one sample: the model is run once for
  /// each value, which is rounded as soon as it is computed.
  ///
  /// - Parameters:
  ///   - index: the sample's.
  ///   - source: the float model.
  ///   - inputs: the sample.
  ///   - outputs: of the model as it is.
  /// - Returns: names of values with their gains, of those that have one.
  /// - Throws: what the model throws.
  func gains(
    _ index: Int, _ source: inout some ActivationSource, _ inputs: [String: Tensor],
    _ outputs: [String: Tensor]
  ) throws(Diagnostic) -> [(name: String, gain: OutputGain)] {
    guard index < sensitivitySamples else { return [] }
    let plan = try source.sensitivity(of: inputs.mapValues(\.shape))
    guard index < plan.sampleCount(requested: sensitivitySamples) else { return [] }
    var gains: [(name: String, gain: OutputGain)] = []
    for name in plan.values {
      var meanSquaredError: Double?
      let changed = try source.run(inputs, replacing: name) { exact in
        let rounded = RoundedTensor(exact)
        meanSquaredError = rounded?.meanSquaredError
        return rounded?.tensor
      }
      guard let meanSquaredError,
        let error = CalibrationRun.largestError(outputs, changed),
        case let gain = error / meanSquaredError, gain.isFinite
      else { continue }
      gains.append((name, OutputGain(sample: index, value: gain)))
    }
    return gains
  }

  /// The largest relative squared error of the float outputs that have any energy; `nil` where there
  /// is none, or something is not finite.
  private static func largestError(
    _ outputs: [String: Tensor], _ changed: [String: Tensor]
  ) -> Double? {
    var largest: Double?
    for name in outputs.keys.sorted() {
      guard let output = outputs[name], output.element == .f32, let other = changed[name] else {
        continue
      }
      let squares = output.squares(comparedWith: other)
      guard squares.error.isFinite, squares.energy.isFinite else { return nil }
      guard squares.energy > 0 else { continue }
      largest = max(largest ?? 0, squares.error / squares.energy)
    }
    return largest
  }
}
