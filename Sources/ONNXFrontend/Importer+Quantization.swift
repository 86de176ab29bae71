import Diagnostics
import GraphIR
import Tensors

extension Importer {
  /// Gives a quantization to integers that have none: a constant, an input, or what movement ops
  /// made of one. The value to use, or `nil` when the integers are made in another way.
  mutating func attach(_ params: QuantParams, to id: ValueID) -> ValueID? {
    let node = graph[id]
    if node.type.quantization == params { return id }
    if case .constant(let tensor) = node.op {
      guard node.type.quantization == nil, !node.name.isEmpty else {
        return graph.appendConstant(tensor, quantization: params)
      }
      graph.setType(TensorType(tensor.element, tensor.shape, params), of: id)
      needsRetyping = true
      return id
    }
    guard node.type.quantization == nil, attachable(id, params) else { return nil }
    attachThrough(params, to: id)
    needsRetyping = true
    return id
  }

  /// Whether every source of the value is an input or a constant without quantization.
  private func attachable(_ id: ValueID, _ params: QuantParams) -> Bool {
    var pending = [id]
    var seen: Set<ValueID> = []
    while let next = pending.popLast() {
      guard seen.insert(next).inserted else { continue }
      switch graph.op(next) {
      case .input, .constant:
        guard graph.quantization(of: next) == nil else { return false }
      case .reshape, .transpose, .slice, .pad, .expand:
        guard params.isPerTensor else { return false }
        pending.append(graph.operand(0, of: next))
      case .concat:
        guard params.isPerTensor else { return false }
        pending += graph.operands(of: next)
      default:
        return false
      }
    }
    return true
  }

  /// Sets the quantization of a value and of all that it was moved from.
  private mutating func attachThrough(_ params: QuantParams, to id: ValueID) {
    var pending = [id]
    while let next = pending.popLast() {
      guard graph.quantization(of: next) == nil else { continue }
      var type = graph.type(of: next)
      type.quantization = params
      graph.setType(type, of: next)
      if case .concat = graph.op(next) {
        pending += graph.operands(of: next)
      } else if let source = graph.operands(of: next).first {
        pending.append(source)
      }
    }
  }

  /// Infers all types anew, after quantization was attached to values that had users.
  mutating func retype() throws(Diagnostic) {
    for id in graph.values {
      switch graph.op(id) {
      case .input, .constant: continue
      default:
        let types = graph.operands(of: id).map { graph.type(of: $0) }
        graph.setType(try graph.op(id).resultType(types), of: id)
      }
    }
  }
}
