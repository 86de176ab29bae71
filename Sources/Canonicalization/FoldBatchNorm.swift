import Diagnostics
import GraphIR
import Tensors

/// Folds batch normalization into the convolution or matrix product before it.
///
/// - Applies: the product's weights are constant and its result has no other use.
/// - Numerics: weights and bias are computed in fp64 and rounded once.
package let foldBatchNorm = Pass(
  "fold-batch-norm",
  rules: [
    RewriteRule("fold-batch-norm-into-product") { (id, graph) throws(Diagnostic) in
      guard let affine = try ChannelAffine(batchNorm: id, graph),
        let product = ScalableProduct(graph.operand(0, of: id), graph)
      else { return nil }
      let result = try product.applying(affine, in: &graph)
      graph.remark(
        Remark(.applied, pass: "fold-batch-norm", "folded '\(graph[id].source)' into the weights"),
        on: result)
      return result
    }
  ])

/// A batch normalization that stands alone, as one product and one sum for each channel.
package let expandBatchNorm = Pass(
  "expand-batch-norm",
  rules: [
    RewriteRule("expand-batch-norm") { (id, graph) throws(Diagnostic) in
      guard let affine = try ChannelAffine(batchNorm: id, graph) else { return nil }
      let rank = graph.shape(of: id).rank
      let shape = try Shape(
        [1, affine.scale.count] + [Int](repeating: 1, count: rank - 2))
      let scale = graph.appendConstant(try Tensor(.f32, shape, affine.scale.map { Float($0) }))
      let shift = graph.appendConstant(try Tensor(.f32, shape, affine.shift.map { Float($0) }))
      let scaled = try graph.append(.binary(.mul), [graph.operand(0, of: id), scale])
      return try graph.append(.binary(.add), [scaled, shift])
    }
  ])

/// `scale[c] · x + shift[c]`, in fp64.
struct ChannelAffine {
  let scale: [Double]
  let shift: [Double]

  init(scale: [Double], shift: [Double]) {
    self.scale = scale
    self.shift = shift
  }

  /// What a batch normalization with constant statistics computes; `nil` for any other op.
  init?(batchNorm id: ValueID, _ graph: Graph) throws(Diagnostic) {
    guard case .batchNorm(let norm) = graph.op(id) else { return nil }
    let tensors = graph.operands(of: id).dropFirst().map { graph.constant($0)?.floats }
    guard let gamma = tensors[0], let beta = tensors[1], let mean = tensors[2],
      let variance = tensors[3]
    else { return nil }
    var scales: [Double] = []
    var shifts: [Double] = []
    for c in gamma.indices {
      let deviation = (Double(variance[c]) + Double(norm.epsilon)).squareRoot()
      guard deviation > 0 else {
        throw Diagnostic(
          .nonFiniteWeights, "the variance of channel \(c) is \(variance[c])",
          at: "node '\(graph[id].source)'")
      }
      let s = Double(gamma[c]) / deviation
      scales.append(s)
      shifts.append(Double(beta[c]) - Double(mean[c]) * s)
    }
    scale = scales
    shift = shifts
  }
}
