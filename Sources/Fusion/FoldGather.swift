import Diagnostics
import GraphIR
import Tensors

/// Rewrites `gather(dequantize(table), indices)` along axis 0 to `q.embedding(table, indices)`.
///
/// - Applies: the table is constant and 8-bit, with one scale or one for each row.
/// - Numerics: none.
let foldDequantizeIntoGather = RewriteRule("fold-dequantize-into-gather") {
  (id, graph) throws(Diagnostic) in
  guard case .gather(let gather) = graph.op(id), gather.axis == 0,
    case let real = graph.operand(0, of: id), case .dequantize = graph.op(real),
    case let table = graph.operand(0, of: real), graph.constant(table) != nil,
    case let type = graph.type(of: table), type.element == .i8 || type.element == .u8,
    let params = type.quantization,
    params.isPerTensor || params.granularity == .perChannel(axis: 0)
  else { return nil }
  let rows = try graph.append(
    .embedding, [table, graph.operand(1, of: id)], source: graph[id].source)
  graph.settle(rows, took: [real])
  return rows
}
