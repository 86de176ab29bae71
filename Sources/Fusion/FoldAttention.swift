import Diagnostics
import GraphIR
import Tensors

/// Rewrites `quantize(attention(dequantize(q), dequantize(k), dequantize(v), mask))` to
/// `q.attention`.
///
/// - Applies: the probabilities are rounded; q is 8-bit with one scale, k and v symmetric i8 with one
///   scale; nothing else uses the float result.
/// - Numerics: within 1 step of the float chain, but where a float sum rounds a probability otherwise.
let foldQDQIntoAttention = RewriteRule("fold-qdq-into-attention") {
  (id, graph) throws(Diagnostic) in
  guard case .quantize(let quantize) = graph.op(id), quantize.makesByteActivation,
    case let attention = graph.operand(0, of: id), graph.hasOneUse(attention)
  else { return nil }
  return try graph.foldAttention(
    attention, result: .quantized(quantize.element, quantize.params), quantize: id)
}

extension Graph {
  /// The integer op for the attention `id`; `nil` when its operands are not what it takes.
  mutating func foldAttention(
    _ id: ValueID, result: QuantizedResult, quantize: ValueID?
  ) throws(Diagnostic) -> ValueID? {
    guard case .attention(let attention) = op(id), attention.probabilities != .float,
      case let reals = operands(of: id),
      case let sources = reals.prefix(3).compactMap({ bytes($0) }),
      sources.count == 3,
      sources[1...].allSatisfy({
        type(of: $0).element == .i8 && quantization(of: $0)?.isSymmetric == true
      }),
      AttentionShape(
        q: shape(of: sources[0]), k: shape(of: sources[1]), v: shape(of: sources[2]), mask: nil)?
        .fitsIntegers == true
    else { return nil }
    let kernel = try append(
      .quantizedAttention(
        QuantizedAttention(
          scale: attention.scale, probabilities: attention.probabilities, result: result)),
      sources + reals.dropFirst(3), source: self[id].source)
    var pairs: [ValueID] = []
    for real in reals.prefix(3) where !pairs.contains(real) { pairs.append(real) }
    settle(kernel, took: pairs + (quantize.map { [$0] } ?? []), members: [id])
    return kernel
  }
}
