import Calibration
import Diagnostics
import GraphIR
import Interpreter
import Tensors

/// A model run by the interpreter, its open extents bound anew where a sample has other ones.
package struct InterpretedModel: ActivationSource {
  package enum Form: Sendable {
    /// The nodes as the model has them.
    case imported
    /// The graph that is calibrated and compiled.
    case canonical
  }

  private let source: SourceModel
  private let form: Form
  private var graphs: [[String: [Int]]: Graph] = [:]

  package init(_ source: SourceModel, form: Form) {
    self.source = source
    self.form = form
  }

  package var modelHash: String { source.hash }

  package mutating func run(
    _ inputs: [String: Tensor], observe: (Activation) -> Void
  ) throws(Diagnostic) -> [String: Tensor] {
    let graph = try graph(for: inputs)
    var ordered: [Tensor] = []
    for id in graph.inputs {
      guard let tensor = inputs[graph[id].name] else {
        throw Diagnostic(.wrongArray, "no samples for this input", at: graph[id].name)
      }
      ordered.append(tensor)
    }
    let results = try withoutActuallyEscaping(observe) { observe throws(Diagnostic) in
      try Interpreter(graph).run(ordered) { id, tensor in
        let name = graph[id].name
        guard tensor.element == .f32, !name.isEmpty, graph.constant(id) == nil else { return }
        observe(Activation(name: name, tensor: tensor, channelAxis: graph.channelAxis(of: id)))
      }
    }
    var outputs: [String: Tensor] = [:]
    for (output, tensor) in zip(graph.outputs, results) { outputs[output.name] = tensor }
    return outputs
  }

  /// The outputs alone, by name.
  package mutating func run(
    _ inputs: [String: Tensor]
  ) throws(Diagnostic) -> [String: Tensor] {
    try run(inputs) { _ in }
  }

  private mutating func graph(for inputs: [String: Tensor]) throws(Diagnostic) -> Graph {
    let shapes = inputs.mapValues(\.shape.dims)
    if let graph = graphs[shapes] { return graph }
    let graph: Graph
    switch form {
    case .imported:
      graph = try source.importedGraph(shapes: shapes)
    case .canonical:
      var manager = PassManager()
      graph = try source.canonicalGraph(shapes: shapes, manager: &manager)
    }
    graphs[shapes] = graph
    return graph
  }
}

extension Graph {
  /// The axis that counts the channels of a float value: 1 for images, the last one for rows.
  fileprivate func channelAxis(of id: ValueID) -> Int? {
    let rank = shape(of: id).rank
    if rank == 4 || rank == 5 { return 1 }
    return rank >= 2 ? rank - 1 : nil
  }
}
