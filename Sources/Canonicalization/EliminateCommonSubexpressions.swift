import Diagnostics
import GraphIR
import Tensors

/// Lets equal ops on equal operands be computed once, equal constants kept once.
///
/// - Numerics: none.
/// - Leaves: the first of them, with its name.
package let eliminateCommonSubexpressions = Pass("eliminate-common-subexpressions") {
  graph throws(Diagnostic) in
  try graph.compact()
  var first: [Expression: ValueID] = [:]
  for id in graph.values {
    let node = graph[id]
    if case .input = node.op { continue }
    let expression = Expression(op: node.op, operands: graph.operands(of: id), type: node.type)
    if let earlier = first[expression] {
      graph.replaceUses(of: id, with: earlier)
    } else {
      first[expression] = id
    }
  }
  try graph.compact()
}

/// What makes two nodes equal.
private struct Expression: Hashable {
  let op: Op
  let operands: [ValueID]
  let type: TensorType
}
