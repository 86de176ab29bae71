import Diagnostics
import GraphIR
import Tensors

/// A convolution or matrix product with constant weights and bias, whose result has no other use,
/// so that what follows can be folded into them.
struct ScalableProduct {
  private let anchor: ValueID
  private let weights: Tensor
  private let bias: [Float]?
  let channelCount: Int
  /// The channels' axis in the result.
  let channelAxis: Int

  /// The product that makes `value`; `nil` when there is none or it cannot be changed.
  init?(_ value: ValueID, _ graph: Graph) {
    guard let (anchor, biasAdd) = graph.product(endingAt: value, accepting: { _ in true }),
      let weights = graph.constant(graph.operand(1, of: anchor)), weights.element == .f32,
      weights.shape.elementCount > 0, graph.hasOneUse(value)
    else { return nil }
    let biasOperand: ValueID?
    switch graph.op(anchor) {
    case .conv:
      channelAxis = 1
      channelCount = weights.shape[0]
      biasOperand = graph.operands(of: anchor).count == 3 ? graph.operand(2, of: anchor) : nil
    case .matMul where weights.shape.rank == 2:
      channelAxis = graph.shape(of: value).rank - 1
      channelCount = weights.shape[1]
      biasOperand = biasAdd.map { graph.operand(1, of: $0) }
    default:
      return nil
    }
    if let biasOperand {
      guard let tensor = graph.constant(biasOperand), tensor.element == .f32 else { return nil }
      bias = tensor.floats
    } else {
      bias = nil
    }
    self.anchor = anchor
    self.weights = weights
  }

  /// The product with `affine` folded in: `scale · (x·w + b) + shift`.
  func applying(_ affine: ChannelAffine, in graph: inout Graph) throws(Diagnostic) -> ValueID {
    let inner = channelAxis == 1 && isConv(graph) ? weights.shape.elementCount / channelCount : 1
    let scaled =
      affine.scale.allSatisfy({ $0 == 1 })
      ? weights
      : try Tensor(
        .f32, weights.shape,
        weights.floats.enumerated().map { index, weight in
          Float(Double(weight) * affine.scale[index / inner % channelCount])
        })
    let newBias = affine.shift.indices.map { c in
      Float(Double(bias?[c] ?? 0) * affine.scale[c] + affine.shift[c])
    }
    let x = graph.operand(0, of: anchor)
    let w =
      scaled == weights ? graph.operand(1, of: anchor) : graph.appendConstant(scaled)
    let source = graph[anchor].source
    let isBiased = bias != nil || newBias.contains { $0 != 0 }
    let b = isBiased ? graph.appendConstant(try Tensor.floats(newBias, [channelCount])) : nil
    if isConv(graph) {
      return try graph.append(
        graph.op(anchor), b.map { [x, w, $0] } ?? [x, w], source: source)
    }
    let product = try graph.append(.matMul, [x, w], source: source)
    guard let b else { return product }
    return try graph.append(.binary(.add), [product, b], source: source)
  }

  private func isConv(_ graph: Graph) -> Bool {
    if case .conv = graph.op(anchor) { true } else { false }
  }
}
