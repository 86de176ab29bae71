import Diagnostics
import GraphIR
import QuantMath
import Tensors

/// Rewrites `quantize(dequantize(q))` to `q`.
///
/// - Applies: element type and parameters are the same.
/// - Numerics: none.
let cancelQDQ = RewriteRule("cancel-qdq") { (id, graph) throws(Diagnostic) in
  guard case .quantize(let quantize) = graph.op(id), case let real = graph.operand(0, of: id),
    let source = graph.integers(real),
    graph.type(of: source).quantization == quantize.params,
    graph.type(of: source).element == quantize.element
  else { return nil }
  graph.settle(source, took: [real, id])
  // The integers keep the name that they have.
  graph.setName("", of: id)
  return source
}

/// Rewrites `quantize(dequantize(q))` with other parameters to a table.
///
/// - Applies: both are 8-bit with one scale.
/// - Numerics: none; the table holds the same sentence.
let foldRequantize = RewriteRule("fold-requantize") { (id, graph) throws(Diagnostic) in
  guard case .quantize(let quantize) = graph.op(id), case let real = graph.operand(0, of: id),
    let source = graph.bytes(real), quantize.makesByteActivation
  else { return nil }
  return try graph.appendTable(
    "requantize", of: source, quantize, took: [real, id], members: []
  ) { $0 }
}

extension Graph {
  /// Appends the table of `function` from the integers `source` to what `quantize` makes.
  mutating func appendTable(
    _ name: String, of source: ValueID, _ quantize: Quantize, took pairs: [ValueID],
    members: [ValueID], _ function: (Float) -> Float
  ) throws(Diagnostic) -> ValueID? {
    guard let params = quantization(of: source) else { return nil }
    let table = LookupTable.build(
      from: (type(of: source).element, params), to: (quantize.element, quantize.params), function)
    let result = try append(
      .lookup(
        Lookup(table: table, element: quantize.element, params: quantize.params, function: name)),
      [source], source: members.last.map { self[$0].source } ?? "")
    settle(result, took: pairs, members: members)
    return result
  }
}
