import Diagnostics
import GraphIR
import Interpreter
import Tensors

/// Runs the canonical graph with the interpreter, and shows its float values under their ONNX
/// names.
package struct InterpreterSource: ActivationSource {
  package let modelHash: String
  private let graph: @Sendable ([String: Shape]) throws(Diagnostic) -> Graph
  /// The graph of the last shapes; most samples have the same ones.
  private var bound: Bound?

  private struct Bound {
    let shapes: [String: Shape]
    let interpreter: Interpreter
    /// For each value the axis of its channels, and the convolutions that read it.
    let axes: [Int?]
    let readers: [[ProductReader]]
    /// Made when it is asked for.
    var sensitivity: SensitivityPlan?
  }

  /// - Parameters:
  ///   - modelHash: SHA-256 of the model, as 64 hexadecimal digits.
  ///   - graph: makes the sorted canonical graph whose inputs have the given shapes.
  package init(
    modelHash: String, graph: @escaping @Sendable ([String: Shape]) throws(Diagnostic) -> Graph
  ) {
    self.modelHash = modelHash
    self.graph = graph
  }

  /// A model without open extents.
  package init(modelHash: String, graph: Graph) {
    self.init(modelHash: modelHash) { _ in graph }
  }

  package mutating func run(
    _ inputs: [String: Tensor], observe: (Activation) -> Void
  ) throws(Diagnostic) -> [String: Tensor] {
    let bound = try bind(inputs.mapValues(\.shape))
    let graph = bound.interpreter.graph
    let ordered = try ordered(inputs, graph)
    let results = try withoutActuallyEscaping(observe) { observe throws(Diagnostic) in
      try bound.interpreter.run(ordered) { id, tensor in
        let name = graph[id].name
        guard tensor.element == .f32, !name.isEmpty else { return }
        observe(
          Activation(
            name: name, tensor: tensor, channelAxis: bound.axes[id.index],
            readers: bound.readers[id.index]))
      }
    }
    return named(results, graph)
  }

  package mutating func run(
    _ inputs: [String: Tensor], replacing name: String, with replace: (Tensor) -> Tensor?
  ) throws(Diagnostic) -> [String: Tensor] {
    let interpreter = try bind(inputs.mapValues(\.shape)).interpreter
    let graph = interpreter.graph
    let ordered = try ordered(inputs, graph)
    let results = try withoutActuallyEscaping(replace) { replace throws(Diagnostic) in
      try interpreter.run(
        ordered,
        replace: { id, tensor in
          graph[id].name == name && tensor.element == .f32 ? replace(tensor) : nil
        })
    }
    return named(results, graph)
  }

  package mutating func sensitivity(
    of shapes: [String: Shape]
  ) throws(Diagnostic) -> SensitivityPlan {
    let bound = try bind(shapes)
    if let plan = bound.sensitivity { return plan }
    let plan = SensitivityPlan(bound.interpreter.graph)
    self.bound?.sensitivity = plan
    return plan
  }

  private func ordered(
    _ inputs: [String: Tensor], _ graph: Graph
  ) throws(Diagnostic) -> [Tensor] {
    var ordered: [Tensor] = []
    for id in graph.inputs {
      guard let tensor = inputs[graph[id].name] else {
        throw Diagnostic(.wrongArray, "no samples for this input", at: graph[id].name)
      }
      ordered.append(tensor)
    }
    return ordered
  }

  private func named(_ results: [Tensor], _ graph: Graph) -> [String: Tensor] {
    Dictionary(zip(graph.outputs.map(\.name), results), uniquingKeysWith: { first, _ in first })
  }

  package var makeAnother: @Sendable () -> InterpreterSource {
    { [modelHash, graph] in InterpreterSource(modelHash: modelHash, graph: graph) }
  }

  private mutating func bind(_ shapes: [String: Shape]) throws(Diagnostic) -> Bound {
    if let bound, bound.shapes == shapes { return bound }
    let graph = try graph(shapes)
    let new = Bound(
      shapes: shapes, interpreter: Interpreter(graph), axes: graph.channelAxes,
      readers: try graph.productReaders())
    bound = new
    return new
  }
}
