import Diagnostics
import GraphIR
import Tensors

/// Executes a graph at any stage: the oracle of every stage.
///
/// The arithmetic is that of `Documentation/Quantization.md`; the loops are in CReference. Values
/// are freed after their last use.
package struct Interpreter: Sendable {
  package let graph: Graph
  /// The values whose last use is the node of the same index.
  private let lastUses: [[ValueID]]

  /// - Parameter graph: sorted, as after ``Graph/compact()``.
  package init(_ graph: Graph) {
    self.graph = graph
    var lastUser = [Int?](repeating: nil, count: graph.nodes.count)
    for id in graph.values where graph.resolve(id) == id {
      for operand in graph.operands(of: id) { lastUser[operand.index] = id.index }
    }
    for output in graph.outputs { lastUser[graph.resolve(output.value).index] = nil }
    var lastUses = [[ValueID]](repeating: [], count: graph.nodes.count)
    for (value, user) in lastUser.enumerated() {
      if let user { lastUses[user].append(ValueID(value)) }
    }
    self.lastUses = lastUses
  }

  /// Runs the graph.
  ///
  /// - Parameters:
  ///   - inputs: one tensor for each of ``Graph/inputs``, of its element type and shape.
  ///   - tap: is shown every value but the constants, when it is computed.
  ///   - replace: then gets it too, and may return another one of its type to stand in its place.
  /// - Returns: one tensor for each of ``Graph/outputs``.
  /// - Throws: `QC4002` for an input of another type; `QC1004` for a graph that is not sorted; what
  ///   an op refuses, with its name.
  package func run(
    _ inputs: [Tensor], tap: ((ValueID, Tensor) -> Void)? = nil,
    replace: ((ValueID, Tensor) -> Tensor?)? = nil
  ) throws(Diagnostic) -> [Tensor] {
    guard inputs.count == graph.inputs.count else {
      throw Diagnostic(
        .wrongArray, "the model has \(graph.inputs.count) inputs, \(inputs.count) were given")
    }
    var values = [Tensor?](repeating: nil, count: graph.nodes.count)
    for (id, tensor) in zip(graph.inputs, inputs) {
      try check(tensor, isInput: id)
      tap?(id, tensor)
      values[id.index] = replace?(id, tensor) ?? tensor
    }
    for id in graph.values where graph.resolve(id) == id {
      if case .input = graph.op(id) { continue }
      var tensor = try compute(id, from: values)
      if case .constant = graph.op(id) {
      } else {
        tap?(id, tensor)
        tensor = replace?(id, tensor) ?? tensor
      }
      values[id.index] = tensor
      for value in lastUses[id.index] { values[value.index] = nil }
    }
    var outputs: [Tensor] = []
    for output in graph.outputs {
      guard let tensor = values[graph.resolve(output.value).index] else {
        throw Diagnostic(.invalidGraph, "the output '\(output.name)' is not computed")
      }
      outputs.append(tensor)
    }
    return outputs
  }

  private func compute(_ id: ValueID, from values: [Tensor?]) throws(Diagnostic) -> Tensor {
    let node = graph[id]
    var operands: [Operand] = []
    for operand in graph.operands(of: id) {
      guard let tensor = values[operand.index] else {
        throw Diagnostic(.invalidGraph, "\(id) reads \(operand), which does not stand before it")
      }
      operands.append(Operand(tensor, graph.type(of: operand)))
    }
    do {
      return try Evaluation(node.op, operands, node.type).result()
    } catch {
      var located = error
      let name = [node.source, node.name].first { !$0.isEmpty } ?? "\(id)"
      if located.location == nil { located.location = "node '\(name)' (\(node.op.mnemonic))" }
      throw located
    }
  }

  private func check(_ tensor: Tensor, isInput id: ValueID) throws(Diagnostic) {
    let type = graph.type(of: id)
    guard tensor.element == type.element, tensor.shape == type.shape else {
      throw Diagnostic(
        .wrongArray,
        "is [\(type.shape)] \(type.element.rawValue), got [\(tensor.shape)] \(tensor.element.rawValue)",
        at: "input '\(graph[id].name)'")
    }
  }

  /// Computes one op, outside of a graph.
  ///
  /// - Parameters:
  ///   - op: any op but `input`.
  ///   - operands: in the op's order.
  ///   - operandTypes: their types, if one of them is quantized.
  ///   - type: of the result, as the op infers it.
  /// - Returns: the result.
  /// - Throws: what the op refuses.
  package static func evaluate(
    _ op: Op, operands: [Tensor], operandTypes: [TensorType]? = nil, type: TensorType
  ) throws(Diagnostic) -> Tensor {
    let types = operandTypes ?? operands.map { TensorType($0.element, $0.shape) }
    return try Evaluation(op, zip(operands, types).map { Operand($0, $1) }, type).result()
  }
}
