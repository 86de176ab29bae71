import Diagnostics
import GraphIR
import Tensors

/// Folds products and sums with one constant for each channel into the weights and the bias of the
/// convolution or matrix product before them.
package let foldScaling = Pass(
  "fold-scaling", rules: [normalizeBias, foldChannelScale, foldChannelShift])

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
