import Diagnostics
import GraphIR
import Tensors

/// Rewrites `quantize(average_pool(dequantize(q)))` to `q.average_pool`.
///
/// - Numerics: within 1 step; the sum of integers is exact, the float one rounds.
let foldQDQIntoPool = RewriteRule("fold-qdq-into-pool") { (id, graph) throws(Diagnostic) in
  guard case .quantize(let quantize) = graph.op(id), quantize.params.isPerTensor,
    quantize.element == .u8 || quantize.element == .i8,
    case let last = graph.operand(0, of: id), graph.hasOneUse(last)
  else { return nil }
  return try graph.foldPool(
    last, result: .quantized(quantize.element, quantize.params), quantize: id)
}

extension Graph {
  /// The integer op for the average pool `pool`; `nil` when it is none, or reads floats.
  mutating func foldPool(
    _ pool: ValueID, result: QuantizedResult, quantize: ValueID?
  ) throws(Diagnostic) -> ValueID? {
    guard case .pool(let pooling) = op(pool), pooling.kind == .average,
      case let real = operand(0, of: pool), let source = integers(real)
    else { return nil }
    let kernel = try append(
      .quantizedPool(QuantizedPool(pooling, result: result)), [source], source: self[pool].source)
    settle(kernel, took: [real] + (quantize.map { [$0] } ?? []), members: [pool])
    return kernel
  }
}
