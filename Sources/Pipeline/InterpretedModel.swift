import Calibration
import Diagnostics
import GraphIR
import Tensors

/// A model run by the interpreter, its open extents bound anew where a sample has other ones.
package struct InterpretedModel: ActivationSource {
  package enum Form: Sendable {
    /// The nodes as the model has them.
    case imported
    /// The graph that is calibrated and compiled.
    case canonical
  }

  private var source: InterpreterSource

  package init(_ model: SourceModel, form: Form) {
    source = InterpreterSource(modelHash: model.hash) { shapes throws(Diagnostic) in
      let dims = shapes.mapValues(\.dims)
      switch form {
      case .imported:
        return try model.importedGraph(shapes: dims)
      case .canonical:
        var manager = PassManager()
        return try model.canonicalGraph(shapes: dims, manager: &manager)
      }
    }
  }

  package var modelHash: String { source.modelHash }

  package mutating func run(
    _ inputs: [String: Tensor], observe: (Activation) -> Void
  ) throws(Diagnostic) -> [String: Tensor] {
    try source.run(inputs, observe: observe)
  }

  /// The outputs alone, by name.
  package mutating func run(
    _ inputs: [String: Tensor]
  ) throws(Diagnostic) -> [String: Tensor] {
    try run(inputs) { _ in }
  }
}
