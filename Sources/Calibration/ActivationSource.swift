import Diagnostics
import Tensors

/// One float tensor of a model, as it was for one sample.
package struct Activation: Sendable {
  /// The tensor's name in the ONNX model.
  package let name: String
  package let tensor: Tensor
  /// The axis that counts its channels; `nil` when it has none.
  package let channelAxis: Int?
  /// The convolutions that read it.
  package let readers: [ProductReader]

  package init(
    name: String, tensor: Tensor, channelAxis: Int?, readers: [ProductReader] = []
  ) {
    self.name = name
    self.tensor = tensor
    self.channelAxis = channelAxis
    self.readers = readers
  }
}

/// Runs the float model and shows its tensors; conformers: the interpreter, and the float program
/// of `Pipeline`. Both give the same bits.
package protocol ActivationSource: SendableMetatype {
  /// SHA-256 of the model, as 64 hexadecimal digits.
  var modelHash: String { get }

  /// Runs the model once.
  ///
  /// - Parameters:
  ///   - inputs: model input name to its tensor; the shapes bind the model's open extents.
  ///   - observe: is called once for each float32 tensor, the inputs among them.
  /// - Returns: model output name to its tensor.
  /// - Throws: what the model refuses.
  mutating func run(
    _ inputs: [String: Tensor], observe: (Activation) -> Void
  ) throws(Diagnostic) -> [String: Tensor]

  /// Runs the model once, with one float32 value replaced as soon as it is computed.
  ///
  /// - Parameters:
  ///   - inputs: model input name to its tensor.
  ///   - name: one of the values of ``sensitivity(of:)``.
  ///   - replace: gets the value, and returns what stands in its place, of the same shape; `nil`
  ///     leaves it.
  /// - Returns: model output name to its tensor.
  /// - Throws: what the model refuses.
  mutating func run(
    _ inputs: [String: Tensor], replacing name: String, with replace: (Tensor) -> Tensor?
  ) throws(Diagnostic) -> [String: Tensor]

  /// The values whose rounding is measured when the inputs have these shapes.
  ///
  /// - Throws: what the model refuses.
  mutating func sensitivity(of shapes: [String: Shape]) throws(Diagnostic) -> SensitivityPlan

  /// Makes a source of the same model, which another thread can run at the same time.
  var makeAnother: @Sendable () -> Self { get }
}
