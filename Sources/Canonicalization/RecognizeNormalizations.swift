import Diagnostics
import GraphIR
import Tensors

/// `d / √(mean(d²) + ε)` with `d = x - mean(x)` to a layer norm with scale 1, and the same with x
/// in place of d to an RMS norm.
///
/// - Applies: the means are taken over the last axes.
/// - Numerics: the sums are taken in lanes.
let recognizeNormalization = RewriteRule("recognize-normalization") {
  (id, graph) throws(Diagnostic) in
  guard let (numerator, squared, epsilon) = graph.normalized(id),
    let (product, axis) = graph.meanOverLastAxes(squared),
    case .binary(.mul) = graph.op(product), graph.operands(of: product) == [numerator, numerator]
  else { return nil }
  let norm = Normalization(axis: axis, epsilon: epsilon)
  if case .binary(.sub) = graph.op(numerator), case let x = graph.operand(0, of: numerator),
    let (averaged, meanAxis) = graph.meanOverLastAxes(graph.operand(1, of: numerator)),
    averaged == x, meanAxis == axis
  {
    return try graph.append(.layerNorm(norm), [x, try graph.appendOnes(like: x, from: axis)])
  }
  return try graph.append(
    .rmsNorm(norm), [numerator, try graph.appendOnes(like: numerator, from: axis)])
}

/// `norm(x, 1) · scale` to a norm with that scale.
let absorbNormalizationScale = RewriteRule("absorb-normalization-scale") {
  (id, graph) throws(Diagnostic) in
  guard case .binary(.mul) = graph.op(id), case let normalized = graph.operand(0, of: id),
    let axis = graph.normalizationAxis(normalized), graph.operands(of: normalized).count == 2,
    graph.constant(graph.operand(1, of: normalized))?.floats.allSatisfy({ $0 == 1 }) == true,
    graph.hasOneUse(normalized),
    let scale = try graph.trailingConstant(graph.operand(1, of: id), like: normalized, axis)
  else { return nil }
  return try graph.append(graph.op(normalized), [graph.operand(0, of: normalized), scale])
}

/// `layer_norm(x, scale) + bias` to a layer norm with that bias.
let absorbNormalizationBias = RewriteRule("absorb-normalization-bias") {
  (id, graph) throws(Diagnostic) in
  guard case .binary(.add) = graph.op(id), case let normalized = graph.operand(0, of: id),
    case .layerNorm(let norm) = graph.op(normalized), graph.operands(of: normalized).count == 2,
    graph.hasOneUse(normalized),
    let bias = try graph.trailingConstant(graph.operand(1, of: id), like: normalized, norm.axis)
  else { return nil }
  return try graph.append(.layerNorm(norm), graph.operands(of: normalized) + [bias])
}

extension Graph {
  /// `id` as `numerator / √(squared + epsilon)`, in any of the ways to write it.
  fileprivate func normalized(_ id: ValueID) -> (ValueID, squared: ValueID, epsilon: Float)? {
    guard case .binary(let function) = op(id) else { return nil }
    let (lhs, rhs) = (operand(0, of: id), operand(1, of: id))
    var pairs: [(ValueID, root: ValueID)] = []
    if function == .div { pairs.append((lhs, rhs)) }
    if function == .mul {
      for (x, factor) in [(lhs, rhs), (rhs, lhs)] {
        if let root = operand(of: factor, where: { $0 == .reciprocal }) { pairs.append((x, root)) }
        if case .binary(.div) = op(factor), scalar(operand(0, of: factor)) == 1 {
          pairs.append((x, operand(1, of: factor)))
        }
      }
    }
    for (x, root) in pairs {
      guard let sum = operand(of: root, where: { $0 == .sqrt }), case .binary(.add) = op(sum),
        let epsilon = scalar(operand(1, of: sum)), shape(of: x) == shape(of: id)
      else { continue }
      return (x, operand(0, of: sum), epsilon)
    }
    return nil
  }

  /// `id` as a mean that keeps its axes, all of the last ones from the axis returned on.
  fileprivate func meanOverLastAxes(_ id: ValueID) -> (of: ValueID, axis: Int)? {
    guard case .reduce(let reduction) = op(id), reduction.kind == .mean, reduction.keepsAxes,
      let axis = reduction.axes.first, case let x = operand(0, of: id),
      reduction.axes == Array(axis..<shape(of: x).rank)
    else { return nil }
    return (x, axis)
  }

  fileprivate func normalizationAxis(_ id: ValueID) -> Int? {
    switch op(id) {
    case .layerNorm(let norm), .rmsNorm(let norm): norm.axis
    default: nil
    }
  }

  /// A constant of ones for the axes of `x` from `axis` on.
  fileprivate mutating func appendOnes(
    like x: ValueID, from axis: Int
  ) throws(Diagnostic) -> ValueID {
    let shape = try Shape(Array(self.shape(of: x).dims[axis...]))
    return appendConstant(
      try Tensor(.f32, shape, [Float](repeating: 1, count: shape.elementCount)))
  }

  /// The constant in the shape of the axes of `x` from `axis` on, if it fills them.
  fileprivate mutating func trailingConstant(
    _ id: ValueID, like x: ValueID, _ axis: Int
  ) throws(Diagnostic) -> ValueID? {
    let shape = try Shape(Array(self.shape(of: x).dims[axis...]))
    guard let tensor = constant(id), tensor.element == .f32 else { return nil }
    if tensor.shape == shape { return id }
    guard tensor.shape.elementCount == shape.elementCount,
      tensor.shape.dims.suffix(shape.rank) == shape.dims[...]
    else { return nil }
    return appendConstant(try tensor.reshaped(shape))
  }
}
