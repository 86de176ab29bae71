import Diagnostics
import GraphIR
import Tensors

/// Folds products and sums with one constant for each channel into the weights and the bias of the
/// convolution or matrix product before them.
package let foldScaling = Pass(
  "fold-scaling",
  rules: [normalizeBias, foldChannelScale, foldChannelShift, hoistScaleAboveProduct])

/// The constant of `matmul + constant` to the shape `[n]`.
let normalizeBias = RewriteRule("normalize-bias") { (id, graph) throws(Diagnostic) in
  guard case .binary(.add) = graph.op(id), case let product = graph.operand(0, of: id),
    case .matMul = graph.op(product), case let shape = graph.shape(of: product),
    shape == graph.shape(of: id), case let bias = graph.operand(1, of: id),
    let columns = shape.dims.last, graph.shape(of: bias).dims != [columns],
    let values = graph.constant(
      bias, alongAxis: shape.rank - 1, of: shape.rank, count: columns)
  else { return nil }
  let constant = graph.appendConstant(try Tensor.floats(values, [columns]))
  return try graph.append(.binary(.add), [product, constant])
}

/// `product(x) · scale[c]` to a product with scaled weights and bias.
let foldChannelScale = RewriteRule("fold-channel-scale") { (id, graph) throws(Diagnostic) in
  guard case .binary(.mul) = graph.op(id), let (product, values) = graph.channelOperand(of: id)
  else { return nil }
  let zeros = [Double](repeating: 0, count: values.count)
  return try product.applying(
    ChannelAffine(scale: values.map { Double($0) }, shift: zeros), in: &graph)
}

/// `product(x) + shift[c]` to a product with another bias.
let foldChannelShift = RewriteRule("fold-channel-shift") { (id, graph) throws(Diagnostic) in
  guard case .binary(.add) = graph.op(id),
    graph.product(endingAt: id, accepting: { _ in true }) == nil,
    let (product, values) = graph.channelOperand(of: id)
  else { return nil }
  let ones = [Double](repeating: 1, count: values.count)
  return try product.applying(
    ChannelAffine(scale: ones, shift: values.map { Double($0) }), in: &graph)
}

/// `(movement(product(x)) · y) · number` to a product with scaled weights, for the scores of
/// attention.
///
/// - Applies: nothing else uses the values in between; the movements are reshapes and transposes.
/// - Numerics: rounded in another order.
let hoistScaleAboveProduct = RewriteRule("hoist-scale-above-product") {
  (id, graph) throws(Diagnostic) in
  guard case .binary(.mul) = graph.op(id), let number = graph.scalar(graph.operand(1, of: id)),
    number.isFinite, case let scores = graph.operand(0, of: id), case .matMul = graph.op(scores),
    graph.shape(of: scores) == graph.shape(of: id), graph.hasOneUse(scores)
  else { return nil }
  var movements: [Op] = []
  var source = graph.operand(0, of: scores)
  while graph.op(source).isReshapeOrTranspose, graph.hasOneUse(source) {
    movements.append(graph.op(source))
    source = graph.operand(0, of: source)
  }
  guard let product = ScalableProduct(source, graph) else { return nil }
  let count = product.channelCount
  let affine = ChannelAffine(
    scale: [Double](repeating: Double(number), count: count),
    shift: [Double](repeating: 0, count: count))
  var lhs = try product.applying(affine, in: &graph)
  for movement in movements.reversed() { lhs = try graph.append(movement, [lhs]) }
  return try graph.append(
    .matMul, [lhs, graph.operand(1, of: scores)], source: graph[scores].source)
}

extension Op {
  fileprivate var isReshapeOrTranspose: Bool {
    switch self {
    case .reshape, .transpose: true
    default: false
    }
  }
}

extension Graph {
  /// The product that is the lhs of `id`, and the rhs as one finite number for each channel.
  fileprivate func channelOperand(of id: ValueID) -> (ScalableProduct, [Float])? {
    let lhs = operand(0, of: id)
    guard shape(of: lhs) == shape(of: id), let product = ScalableProduct(lhs, self),
      let values = constant(
        operand(1, of: id), alongAxis: product.channelAxis, of: shape(of: id).rank,
        count: product.channelCount),
      values.allSatisfy(\.isFinite)
    else { return nil }
    return (product, values)
  }
}
