import Diagnostics
import Tensors

@testable import Calibration

extension TensorStatistics {
  /// Statistics of one tensor for each row of values, shaped `[count]` with axis 0 the channels.
  static func of(_ samples: [[Float]]) throws -> TensorStatistics {
    var statistics = TensorStatistics()
    for (index, values) in samples.enumerated() {
      statistics.observe(
        try Tensor.floats(values, [values.count]), channelAxis: nil, sample: index)
    }
    return statistics
  }
}

/// A model whose tensors are its input `x` and `y = 2 x`, which is its output `out` too.
struct DoublingSource: ActivationSource {
  var modelHash = SHA256Digest.hex(of: "doubling")
  var makeAnother: @Sendable () -> DoublingSource { { DoublingSource() } }

  mutating func run(
    _ inputs: [String: Tensor], observe: (Activation) -> Void
  ) throws(Diagnostic) -> [String: Tensor] {
    guard let x = inputs["x"] else { throw Diagnostic(.missingInput, "x") }
    let y = try Tensor.floats(x.floats.map { $0 * 2 }, x.shape.dims)
    observe(Activation(name: "x", tensor: x, channelAxis: 1))
    observe(Activation(name: "y", tensor: y, channelAxis: 1))
    return ["out": y]
  }

  mutating func run(
    _ inputs: [String: Tensor], replacing name: String, with replace: (Tensor) -> Tensor?
  ) throws(Diagnostic) -> [String: Tensor] {
    guard let x = inputs["x"] else { throw Diagnostic(.missingInput, "x") }
    let read = replace(x) ?? x
    return ["out": try Tensor.floats(read.floats.map { $0 * 2 }, x.shape.dims)]
  }

  mutating func sensitivity(of shapes: [String: Shape]) throws(Diagnostic) -> SensitivityPlan {
    SensitivityPlan(values: ["x"], work: 1)
  }
}
