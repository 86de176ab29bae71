import Diagnostics
import GraphIR
import Tensors

/// Rewrites `quantize(f(dequantize(q)))` to a 256-entry table, f being one function or several.
///
/// - Applies: q and the result are 8-bit with one scale.
/// - Numerics: none; the table holds the same sentences.
let foldQDQIntoTable = RewriteRule("fold-qdq-into-table") { (id, graph) throws(Diagnostic) in
  guard case .quantize(let quantize) = graph.op(id), quantize.makesByteActivation,
    let chain = graph.tableChain(endingAt: graph.operand(0, of: id), accepting: { _ in true }),
    let source = graph.bytes(chain.base)
  else { return nil }
  return try graph.appendTable(
    chain.function(in: graph), of: source, quantize, took: [chain.base, id],
    members: chain.members, chain.value)
}
