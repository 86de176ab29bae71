import Diagnostics
import GraphIR
import Tensors

/// Rewrites `quantize(clamp(dequantize(q)))`, q being made by `q.conv`, `q.matmul`, `q.add`, `q.sub`
/// or `q.mul`, to that op with the clamp in its epilogue.
///
/// - Applies: q has the type that is made of it; the op has no activation; nothing else uses q or
///   what lies between.
/// - Numerics: none; quantization is monotonic, and the sums are no NaN.
let foldClampIntoEpilogue = RewriteRule("fold-clamp-into-epilogue") {
  (id, graph) throws(Diagnostic) in
  guard case .quantize(let quantize) = graph.op(id), quantize.makesActivation,
    case let clamp = graph.operand(0, of: id), case .unary(let function) = graph.op(clamp),
    let bounds = function.clampBounds, graph.hasOneUse(clamp),
    case let real = graph.operand(0, of: clamp), graph.hasOneUse(real),
    let source = graph.integers(real), graph.hasOneUse(source),
    case let type = graph.type(of: source), type.element == quantize.element,
    type.quantization == quantize.params, let op = graph.op(source).clamped(bounds)
  else { return nil }
  let kernel = try graph.append(op, graph.operands(of: source), source: graph[source].source)
  graph.settle(kernel, took: [real, id], members: [source, clamp])
  return kernel
}

extension Op {
  /// The integer op with one more clamp at its end; `nil` for ops that have none.
  fileprivate func clamped(_ bounds: ClampBounds) -> Op? {
    switch self {
    case .quantizedConv(let conv):
      conv.epilogue.clamped(bounds).map {
        .quantizedConv(QuantizedConvolution(geometry: conv.geometry, epilogue: $0))
      }
    case .quantizedMatMul(let matMul):
      matMul.epilogue.clamped(bounds).map {
        .quantizedMatMul(QuantizedMatMul(hasBias: matMul.hasBias, epilogue: $0))
      }
    case .quantizedBinary(let binary):
      .quantizedBinary(
        QuantizedBinary(
          binary.function, clamp: binary.clamp.followed(by: bounds), result: binary.result))
    default: nil
    }
  }
}

extension Epilogue {
  fileprivate func clamped(_ bounds: ClampBounds) -> Epilogue? {
    guard activation == nil else { return nil }
    return Epilogue(
      hasResidual: hasResidual, clamp: clamp.followed(by: bounds), result: result)
  }
}
