import Tensors

/// What a model expects of one of its inputs.
package struct ModelInput: Hashable, Sendable {
  package let name: String
  package let element: ElementType
  /// The extents; `nil` where the model leaves one open (a symbolic dimension).
  package let dims: [Int?]

  package init(name: String, element: ElementType, dims: [Int?]) {
    self.name = name
    self.element = element
    self.dims = dims
  }

  /// An input of known extents.
  package init(name: String, type: TensorType) {
    self.init(name: name, element: type.element, dims: type.shape.dims.map(Optional.some))
  }

  /// `float32 [?, 1, 28, 28]`, for messages.
  package var description: String { "\(element.rawValue) \(ModelInput.text(dims))" }

  static func text(_ dims: [Int?]) -> String {
    "[\(dims.map { $0.map(String.init) ?? "?" }.joined(separator: ", "))]"
  }
}
