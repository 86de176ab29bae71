import Diagnostics
import GraphIR
import Tensors

/// Rewrites `quantize(resize(dequantize(q)))` to `q.resize`.
///
/// - Applies: linear interpolation of images, which nothing else uses.
/// - Numerics: within 1 step; the integers are interpolated, then scaled.
let foldQDQIntoResize = RewriteRule("fold-qdq-into-resize") { (id, graph) throws(Diagnostic) in
  guard case .quantize(let quantize) = graph.op(id), quantize.makesActivation,
    case let resized = graph.operand(0, of: id), graph.hasOneUse(resized),
    case .resize(let resize) = graph.op(resized),
    case let real = graph.operand(0, of: resized), let source = graph.integers(real),
    resize.interpolatesImages(of: graph.shape(of: source))
  else { return nil }
  let result = QuantizedResult.quantized(quantize.element, quantize.params)
  let kernel = try graph.append(
    .quantizedResize(QuantizedResize(resize, result: result)), [source],
    source: graph[resized].source)
  graph.settle(kernel, took: [real, id], members: [resized])
  return kernel
}
