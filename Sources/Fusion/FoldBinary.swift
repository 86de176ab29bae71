import Diagnostics
import GraphIR
import Tensors

/// Rewrites `quantize(clamp(dequantize(a) ∘ dequantize(b)))` to `q.add`, `q.sub` or `q.mul`.
///
/// - Applies: a and b are activations; values in between have no other use.
/// - Numerics: within 1 step of the float chain.
let foldQDQIntoBinary = RewriteRule("fold-qdq-into-binary") { (id, graph) throws(Diagnostic) in
  guard case .quantize(let quantize) = graph.op(id), quantize.makesActivation,
    case let last = graph.operand(0, of: id), graph.hasOneUse(last),
    let chain = graph.kernelChain(endingAt: last, accepting: { _ in true }),
    case .binary(let function) = graph.op(chain.anchor), chain.residual == nil,
    case let lhs = graph.operand(0, of: chain.anchor),
    case let rhs = graph.operand(1, of: chain.anchor),
    let a = graph.integers(lhs), let b = graph.integers(rhs)
  else { return nil }
  let sum = QuantizedBinary(
    function, clamp: chain.clamp, result: .quantized(quantize.element, quantize.params))
  let kernel = try graph.append(
    .quantizedBinary(sum), [a, b], source: graph[chain.anchor].source)
  graph.settle(kernel, took: (lhs == rhs ? [lhs] : [lhs, rhs]) + [id], members: chain.members)
  return kernel
}
