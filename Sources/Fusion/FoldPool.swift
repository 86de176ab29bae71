import Diagnostics
import GraphIR
import Tensors

/// Rewrites `quantize(average_pool(dequantize(q)))` to `q.average_pool`.
///
/// - Applies: nothing else uses the average; the sum of a window fits int32.
/// - Numerics: within 1 step; the sum of integers is exact, the float one rounds.
let foldQDQIntoPool = RewriteRule("fold-qdq-into-pool") { (id, graph) throws(Diagnostic) in
  guard case .quantize(let quantize) = graph.op(id), quantize.makesActivation,
    case let pool = graph.operand(0, of: id), graph.hasOneUse(pool),
    case .pool(let pooling) = graph.op(pool), pooling.kind == .average,
    case let real = graph.operand(0, of: pool), let source = graph.integers(real),
    pooling.sumFits(graph.type(of: source))
  else { return nil }
  let result = QuantizedResult.quantized(quantize.element, quantize.params)
  let kernel = try graph.append(
    .quantizedPool(QuantizedPool(pooling, result: result)), [source], source: graph[pool].source)
  graph.settle(kernel, took: [real, id], members: [pool])
  return kernel
}

extension Graph {
  /// `q.average_pool` with a float result for `average_pool(dequantize(q))` at `id`.
  mutating func foldAverage(_ id: ValueID) throws(Diagnostic) -> ValueID? {
    guard case .pool(let pooling) = op(id), pooling.kind == .average, pooling.kernel.count == 2,
      case let real = operand(0, of: id), let source = integers(real),
      pooling.sumFits(type(of: source))
    else { return nil }
    let kernel = try append(
      .quantizedPool(QuantizedPool(pooling, result: .float)), [source], source: self[id].source)
    settle(kernel, took: [real], members: [id])
    if self[kernel].name.isEmpty { bequeathName(of: id, to: kernel) }
    return kernel
  }
}
