import Diagnostics
import GraphIR
import Tensors

/// Rewrites `quantize(clamp(dequantize(a) ∘ dequantize(b)))` to `q.add`, `q.sub` or `q.mul`.
///
/// - Numerics: within 1 step of the float chain.
let foldQDQIntoBinary = RewriteRule("fold-qdq-into-binary") { (id, graph) throws(Diagnostic) in
  guard case .quantize(let quantize) = graph.op(id), quantize.params.isPerTensor,
    quantize.element == .u8 || quantize.element == .i8,
    case let last = graph.operand(0, of: id), graph.hasOneUse(last)
  else { return nil }
  return try graph.foldBinary(
    endingAt: last, result: .quantized(quantize.element, quantize.params), quantize: id)
}

extension Graph {
  /// The integer op for the chain that ends with `last`; `nil` when none does.
  mutating func foldBinary(
    endingAt last: ValueID, result: QuantizedResult, quantize: ValueID?
  ) throws(Diagnostic) -> ValueID? {
    guard let chain = kernelChain(endingAt: last, accepting: { _ in true }),
      case .binary(let function) = op(chain.anchor), chain.residual == nil
    else { return nil }
    let (lhs, rhs) = (operand(0, of: chain.anchor), operand(1, of: chain.anchor))
    guard let a = integers(lhs), let b = integers(rhs) else { return nil }
    let kernel = try append(
      .quantizedBinary(QuantizedBinary(function, clamp: chain.clamp, result: result)), [a, b],
      source: self[chain.anchor].source)
    let pairs = lhs == rhs ? [lhs] : [lhs, rhs]
    settle(kernel, took: pairs + (quantize.map { [$0] } ?? []), members: chain.members)
    return kernel
  }
}
