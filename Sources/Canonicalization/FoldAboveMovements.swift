import Diagnostics
import GraphIR
import Tensors

/// Folds what is computed of a moved convolution result into the convolution: batch normalizations,
/// products and sums with one constant for each channel, and the activations of its epilogue.
///
/// - Applies: nothing else uses the values in between; see ``MovedProduct``.
/// - Numerics: weights and bias are computed in fp64 and rounded once.
package let foldAboveMovements = Pass(
  "fold-above-movements",
  rules: [foldAffineAboveMovement, computeActivationAboveMovement])

/// `affine(movement(conv(x)))` to `movement(conv'(x))`.
let foldAffineAboveMovement = RewriteRule("fold-affine-above-movement") {
  (id, graph) throws(Diagnostic) in
  guard let operand = graph.operands(of: id).first,
    let affine = try ChannelAffine(batchNorm: id, graph) ?? graph.channelAffine(of: id),
    let moved = MovedProduct(operand, graph), let product = ScalableProduct(moved.base, graph)
  else { return nil }
  let spread = ChannelAffine(
    scale: moved.channels.map { affine.scale[$0] }, shift: moved.channels.map { affine.shift[$0] })
  return try moved.appendMovements(
    of: try product.applying(spread, in: &graph), in: &graph)
}

/// `activation(movement(conv(x)))` to `movement(activation(conv(x)))`.
///
/// - Numerics: none.
let computeActivationAboveMovement = RewriteRule("compute-activation-above-movement") {
  (id, graph) throws(Diagnostic) in
  guard case .unary(let function) = graph.op(id),
    function.clampBounds != nil || function.joinsProducts,
    let moved = MovedProduct(graph.operand(0, of: id), graph)
  else { return nil }
  let result = try graph.append(graph.op(id), [moved.base], source: graph[id].source)
  return try moved.appendMovements(of: result, in: &graph)
}

extension Graph {
  /// `x · constant` and `x + constant`, the constant one finite number for each channel of x.
  fileprivate func channelAffine(of id: ValueID) -> ChannelAffine? {
    guard case .binary(let function) = op(id), function == .mul || function == .add,
      case let x = operand(0, of: id), shape(of: x) == shape(of: id), shape(of: x).rank > 1,
      let values = constant(
        operand(1, of: id), alongAxis: 1, of: shape(of: id).rank, count: shape(of: id)[1]),
      values.allSatisfy(\.isFinite)
    else { return nil }
    let numbers = values.map { Double($0) }
    return function == .mul
      ? ChannelAffine(scale: numbers, shift: numbers.map { _ in 0 })
      : ChannelAffine(scale: numbers.map { _ in 1 }, shift: numbers)
  }
}
