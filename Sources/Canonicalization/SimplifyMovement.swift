import Diagnostics
import GraphIR
import Tensors

/// Removes movement that moves nothing, joins movements that follow each other, and lets
/// transposes sink towards the outputs, where they meet and cancel.
package let simplifyMovement = Pass(
  "simplify-movement",
  rules: [
    dropIdentityMovement, joinTransposes, joinReshapes, splitBeforeTranspose,
    rewriteTransposeAsReshape,
    moveDequantizedConstant, recognizeGlobalAverage, sinkTransposeBelowUnary,
    sinkTransposeBelowBinary, sinkTransposeBelowConcat, dropTransposeBeforeReduction,
  ])

/// A movement op whose result is its operand.
let dropIdentityMovement = RewriteRule("drop-identity-movement") {
  (id, graph) throws(Diagnostic) in
  switch graph.op(id) {
  case .reshape, .expand:
    guard graph.shape(of: id) == graph.shape(of: graph.operand(0, of: id)) else { return nil }
  case .transpose(let transpose):
    guard transpose.isIdentity else { return nil }
  case .slice(let slice):
    guard slice.sizes == graph.shape(of: graph.operand(0, of: id)).dims,
      slice.steps.allSatisfy({ $0 == 1 })
    else { return nil }
  case .pad(let padding):
    guard padding.pads.allSatisfy({ $0 == 0 }) else { return nil }
  case .concat:
    guard graph.operands(of: id).count == 1 else { return nil }
  default:
    return nil
  }
  return graph.operand(0, of: id)
}

/// `transpose(transpose(x))` to one transpose.
let joinTransposes = RewriteRule("join-transposes") { (id, graph) throws(Diagnostic) in
  guard case .transpose(let outer) = graph.op(id), case let middle = graph.operand(0, of: id),
    case .transpose(let inner) = graph.op(middle)
  else { return nil }
  let joined = try Transpose(outer.permutation.map { inner.permutation[$0] })
  return try graph.append(.transpose(joined), [graph.operand(0, of: middle)])
}

/// `reshape(reshape(x))` to one reshape.
let joinReshapes = RewriteRule("join-reshapes") { (id, graph) throws(Diagnostic) in
  guard case .reshape(let outer) = graph.op(id), case let middle = graph.operand(0, of: id),
    case .reshape = graph.op(middle)
  else { return nil }
  return try graph.append(.reshape(outer), [graph.operand(0, of: middle)])
}

/// `reshape(transpose(reshape(x)))` to `transpose(reshape(x))`, where the transpose leaves the first
/// axis in its place and the last reshape only splits it.
let splitBeforeTranspose = RewriteRule("split-before-transpose") {
  (id, graph) throws(Diagnostic) in
  guard case .reshape = graph.op(id), case let turned = graph.operand(0, of: id),
    case .transpose(let transpose) = graph.op(turned), transpose.permutation.first == 0,
    case let joined = graph.operand(0, of: turned), case .reshape = graph.op(joined),
    graph.quantization(of: joined)?.isPerTensor ?? true
  else { return nil }
  let (dims, kept) = (graph.shape(of: id).dims, graph.shape(of: turned).dims.dropFirst())
  let lead = dims.count - kept.count
  guard lead > 1, dims.suffix(kept.count).elementsEqual(kept),
    dims.prefix(lead).reduce(1, *) == graph.shape(of: turned)[0]
  else { return nil }
  let split = try graph.append(
    .reshape(
      Reshape(try Shape(Array(dims.prefix(lead)) + graph.shape(of: joined).dims.dropFirst()))),
    [graph.operand(0, of: joined)])
  let permutation = Array(0..<lead) + transpose.permutation.dropFirst().map { $0 + lead - 1 }
  return try graph.append(.transpose(try Transpose(permutation)), [split])
}

/// A transpose that moves only axes of extent 1 to a reshape.
let rewriteTransposeAsReshape = RewriteRule("rewrite-transpose-as-reshape") {
  (id, graph) throws(Diagnostic) in
  guard case .transpose(let transpose) = graph.op(id), case let x = graph.operand(0, of: id),
    case let shape = graph.shape(of: x),
    case let moved = transpose.permutation.filter({ shape[$0] != 1 }), moved == moved.sorted(),
    graph.quantization(of: x)?.isPerTensor ?? true
  else { return nil }
  return try graph.append(.reshape(Reshape(graph.shape(of: id))), [x])
}

/// `transpose(dequantize(constant))` to `dequantize` of the transposed constant, for weights of an
/// imported model.
///
/// - Applies: to matrices.
let moveDequantizedConstant = RewriteRule("move-dequantized-constant") {
  (id, graph) throws(Diagnostic) in
  guard case .transpose(let transpose) = graph.op(id), transpose.permutation == [1, 0],
    case let dequantize = graph.operand(0, of: id), case .dequantize = graph.op(dequantize),
    case let weights = graph.operand(0, of: dequantize), let tensor = graph.constant(weights),
    let values = tensor.integers, let params = graph.quantization(of: weights)
  else { return nil }
  let (rows, columns) = (tensor.shape[0], tensor.shape[1])
  let moved = (0..<values.count).map { values[$0 % rows * columns + $0 / rows] }
  let granularity: QuantParams.Granularity
  switch params.granularity {
  case .perTensor: granularity = .perTensor
  case .perChannel(let axis): granularity = .perChannel(axis: 1 - axis)
  case .perGroup: return nil
  }
  let constant = graph.appendConstant(
    try Tensor.integers(tensor.element, try Shape([columns, rows]), moved),
    quantization: try QuantParams(
      granularity, scales: params.scales, zeroPoints: params.zeroPoints))
  return try graph.append(.dequantize, [constant])
}

/// A mean over all axes of an image to an average pool with a window of the image's size.
///
/// - Numerics: summed in one ascending chain.
let recognizeGlobalAverage = RewriteRule("recognize-global-average") {
  (id, graph) throws(Diagnostic) in
  guard case .reduce(let reduction) = graph.op(id), reduction.kind == .mean,
    case let x = graph.operand(0, of: id), case let shape = graph.shape(of: x), shape.rank == 4,
    graph.type(of: x).element == .f32, reduction.axes == [2, 3],
    shape.elementCount > 0
  else { return nil }
  let pool = try Pooling(
    .average, kernel: Array(shape.dims[2...]), strides: [1, 1], pads: [0, 0, 0, 0],
    dilations: [1, 1])
  let average = try graph.append(.pool(pool), [x])
  if reduction.keepsAxes { return average }
  return try graph.append(.reshape(Reshape(graph.shape(of: id))), [average])
}
