import Diagnostics
import GraphIR
import Tensors

/// Rewrites `quantize(rotary_embedding(x, cos, sin))` to `q.rotary_embedding`, which takes in the
/// `dequantize` that x may be too.
///
/// - Applies: to 8 bits with one scale; nothing else uses the float result. A 16-bit x stays
///   dequantized.
/// - Numerics: none.
let foldQDQIntoRotary = RewriteRule("fold-qdq-into-rotary") { (id, graph) throws(Diagnostic) in
  guard case .quantize(let quantize) = graph.op(id), quantize.makesByteActivation,
    case let turned = graph.operand(0, of: id), graph.hasOneUse(turned),
    case .rotaryEmbedding(let rotary) = graph.op(turned), graph.type(of: turned).element == .f32
  else { return nil }
  return try graph.foldRotary(
    turned, rotary, result: .quantized(quantize.element, quantize.params), quantize: id)
}

/// Rewrites `q.rotary_embedding(dequantize(q), cos, sin)` to one of q.
///
/// - Numerics: none.
let foldDequantizeIntoRotary = RewriteRule("fold-dequantize-into-rotary") {
  (id, graph) throws(Diagnostic) in
  guard case .quantizedRotaryEmbedding = graph.op(id), case let x = graph.operand(0, of: id),
    let source = graph.bytes(x)
  else { return nil }
  let kernel = try graph.append(
    graph.op(id), [source] + graph.operands(of: id).dropFirst(), source: graph[id].source)
  graph.settle(kernel, took: [x], members: [id])
  if graph[kernel].name.isEmpty { graph.bequeathName(of: id, to: kernel) }
  return kernel
}

extension Graph {
  /// The integer op for the rotation `id`.
  mutating func foldRotary(
    _ id: ValueID, _ rotary: RotaryEmbedding, result: QuantizedResult, quantize: ValueID?
  ) throws(Diagnostic) -> ValueID {
    let reals = operands(of: id)
    let source = bytes(reals[0])
    let kernel = try append(
      .quantizedRotaryEmbedding(QuantizedRotaryEmbedding(rotary, result: result)),
      [source ?? reals[0]] + reals.dropFirst(), source: self[id].source)
    settle(
      kernel, took: (source == nil ? [] : [reals[0]]) + (quantize.map { [$0] } ?? []),
      members: [id])
    return kernel
  }
}
