import Diagnostics
import GraphIR
import Tensors

/// Rewrites `quantize(clamp(product(dequantize(x), dequantize(w)) + bias + dequantize(r)))` to
/// `q.conv` or `q.matmul`, bias, residual and clamp (or activation) each optional.
///
/// - Applies: x and r are activations, w is symmetric with one scale for each channel;
///   values in between have no other use.
/// - Numerics: within 1 step of the float chain, whose sum rounds.
let foldQDQIntoProduct = RewriteRule("fold-qdq-into-product") { (id, graph) throws(Diagnostic) in
  guard case .quantize(let quantize) = graph.op(id), quantize.makesActivation,
    case let last = graph.operand(0, of: id), graph.hasOneUse(last)
  else { return nil }
  return try graph.foldProduct(
    endingAt: last, result: .quantized(quantize.element, quantize.params), quantize: id)
}

extension Graph {
  /// The integer op for the chain that ends with `last`; `nil` when none does.
  mutating func foldProduct(
    endingAt last: ValueID, result: QuantizedResult, quantize: ValueID?
  ) throws(Diagnostic) -> ValueID? {
    guard let chain = kernelChain(endingAt: last, accepting: { _ in true }) else { return nil }
    let geometry: Convolution?
    switch op(chain.anchor) {
    case .conv(let conv): geometry = conv
    case .matMul: geometry = nil
    default: return nil
    }
    guard let product = try ProductOperands(chain, in: &self) else { return nil }
    let epilogue = Epilogue(
      hasResidual: chain.residual != nil, clamp: chain.clamp, activation: chain.activation,
      result: result)
    let op: Op =
      if let geometry {
        .quantizedConv(QuantizedConvolution(geometry: geometry, epilogue: epilogue))
      } else {
        .quantizedMatMul(QuantizedMatMul(hasBias: product.hasBias, epilogue: epilogue))
      }
    let kernel = try append(op, product.operands, source: self[chain.anchor].source)
    settle(kernel, took: product.pairs + (quantize.map { [$0] } ?? []), members: chain.members)
    return kernel
  }
}
