import Diagnostics
import Samples
import Tensors

/// What a model said to one sample: each output's float values.
struct Answer: Sendable {
  /// The sample's place in the set.
  let sample: Int
  /// Output name to its values and shape, the sample axis having extent 1 or being absent.
  let outputs: [String: Values]

  struct Values: Sendable {
    let dims: [Int]
    let elements: [Float]
  }

  init(sample: Int, tensors: [String: Tensor]) throws(Diagnostic) {
    self.sample = sample
    var outputs: [String: Values] = [:]
    for (name, tensor) in tensors {
      outputs[name] = Values(
        dims: tensor.shape.dims, elements: try tensor.convertedToFloats())
    }
    self.outputs = outputs
  }

  /// - Throws: `QC4003` when the model has no such output.
  func values(_ output: String) throws(Diagnostic) -> Values {
    guard let values = outputs[output] else {
      throw Diagnostic(
        .malformedDataset, "the model has no output '\(output)'", at: "metric",
        hint: "it has: \(outputs.keys.sorted().joined(separator: ", "))")
    }
    return values
  }
}
