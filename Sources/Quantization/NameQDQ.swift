import Diagnostics
import GraphIR
import Tensors

/// Names every `quantize` and `dequantize` after what it reads, so that reports can account for
/// each of them.
package let nameQDQ = Pass("name-qdq") { graph throws(Diagnostic) in
  try graph.compact()
  var taken = Set(graph.nodes.map(\.name))
  let uses = graph.uses()
  for id in graph.values where graph[id].name.isEmpty {
    switch graph.op(id) {
    case .quantize, .dequantize:
      let source = graph.sourceOfIntegers(id)
      let user = uses[id.index].first?.user
      let constant = graph.constant(source) != nil
      let base =
        constant
        ? "\(user.map { graph.title($0) } ?? "unused")/\(graph.type(of: source).element.rawValue)"
        : graph.title(source)
      let stem = "\(base)/\(graph.op(id).mnemonic)"
      var name = stem
      var count = 2
      while !taken.insert(name).inserted {
        name = "\(stem)_\(count)"
        count += 1
      }
      graph.setName(name, of: id)
    default:
      continue
    }
  }
}

extension Graph {
  /// The float value, constant or input that the integers at `id` stand for.
  fileprivate func sourceOfIntegers(_ id: ValueID) -> ValueID {
    let operand = operand(0, of: id)
    guard case .dequantize = op(id), case .quantize = op(operand) else { return operand }
    return self.operand(0, of: operand)
  }

  fileprivate func title(_ id: ValueID) -> String {
    let node = self[id]
    return [node.name, node.source].first { !$0.isEmpty } ?? node.op.mnemonic
  }
}
