import Diagnostics
import GraphIR
import Tensors

/// `d / √(v + ε)`, or `d · s` with `s = scale / √(v + ε)`, to a layer norm where `d = x - mean(x)` and v
/// is the variance of x, and to an RMS norm where v is the mean of d².
///
/// - Applies: the means are taken over the last axes; see ``Graph/moment(_:)`` for their forms.
/// - Numerics: the sums are taken in lanes, the variance from the differences.
let recognizeNormalization = RewriteRule("recognize-normalization") {
  (id, graph) throws(Diagnostic) in
  for (numerator, deviation) in graph.quotients(id) {
    guard graph.shape(of: numerator) == graph.shape(of: id),
      graph.keepsLastAxes(deviation.root, of: numerator, deviation.moment.axis)
    else { continue }
    let moment = deviation.moment
    let x: ValueID
    if moment.isCentered {
      guard graph.difference(numerator, isFromMeanOf: moment.x, moment.axis) else { continue }
      x = moment.x
    } else {
      guard numerator == moment.x else { continue }
      x = numerator
    }
    let norm = Normalization(axis: moment.axis, epsilon: deviation.epsilon)
    guard let scale = try graph.normalizationScale(deviation, like: x) else { continue }
    return try graph.append(moment.isCentered ? .layerNorm(norm) : .rmsNorm(norm), [x, scale])
  }
  return nil
}

/// `x · s + (bias - mean(x) · s)` with `s = scale / √(v + ε)`, v the variance of x, to a layer norm.
///
/// - Applies: the means are taken over the last axes.
/// - Numerics: the sums are taken in lanes, the mean is subtracted first.
let recognizeShiftedNormalization = RewriteRule("recognize-shifted-normalization") {
  (id, graph) throws(Diagnostic) in
  guard case .binary(.add) = graph.op(id) else { return nil }
  let sum = graph.operands(of: id)
  for (scaled, shift) in [(sum[0], sum[1]), (sum[1], sum[0])] {
    guard case .binary(.sub) = graph.op(shift), case let meanScaled = graph.operand(1, of: shift)
    else { continue }
    for (x, deviation) in graph.quotients(scaled) {
      let moment = deviation.moment
      guard moment.isCentered, x == moment.x, graph.shape(of: x) == graph.shape(of: id),
        graph.keepsLastAxes(deviation.root, of: x, moment.axis),
        graph.isProduct(meanScaled, of: deviation.factor, andMeanOf: x, moment.axis),
        let scale = try graph.normalizationScale(deviation, like: x),
        let bias = try graph.trailingConstant(graph.operand(0, of: shift), like: x, moment.axis)
      else { continue }
      let norm = Normalization(axis: moment.axis, epsilon: deviation.epsilon)
      return try graph.append(.layerNorm(norm), [x, scale, bias])
    }
  }
  return nil
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
  /// The scale that stands beside the deviation, or ones.
  fileprivate mutating func normalizationScale(
    _ deviation: Deviation, like x: ValueID
  ) throws(Diagnostic) -> ValueID? {
    guard let scale = deviation.scale else {
      return try appendOnes(like: x, from: deviation.moment.axis)
    }
    return try trailingConstant(scale, like: x, deviation.moment.axis)
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
