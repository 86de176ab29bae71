import CReference
import Diagnostics
import GraphIR
import QuantMath
import Tensors

/// The operands of an attention as one matrix for each head.
private struct HeadOperands {
  let shape: AttentionShape
  /// `[batch · heads, s, d]`, `[batch · heads, d, t]` and `[batch · heads, t, e]`.
  let q: Tensor
  let keys: Tensor
  let values: Tensor
  /// In the shape of the scores.
  let mask: [Float]?

  var matrices: Int { shape.batch * shape.heads }
  var scoreCount: Int { matrices * shape.queries * shape.keys }

  init(_ operands: [Operand]) throws(Diagnostic) {
    let shapes = operands.map(\.shape)
    guard
      let shape = AttentionShape(
        q: shapes[0], k: shapes[1], v: shapes[2], mask: shapes.count > 3 ? shapes[3] : nil)
    else { throw Diagnostic(.shapeMismatch, "the operands of an attention do not fit") }
    self.shape = shape
    let matrices = shape.batch * shape.heads
    q = try operands[0].tensor.reshaped(Shape([matrices, shape.queries, shape.depth]))
    func spread(_ tensor: Tensor, _ columns: Int) throws(Diagnostic) -> Tensor {
      let groups = try Shape([shape.batch, shape.groups, 1, shape.keys, columns])
      let heads = try Shape(
        [shape.batch, shape.groups, shape.heads / shape.groups, shape.keys, columns])
      return try tensor.reshaped(groups).broadcast(to: heads).reshaped(
        Shape([matrices, shape.keys, columns]))
    }
    keys = try spread(operands[1].tensor, shape.depth).transposed([0, 2, 1])
    values = try spread(operands[2].tensor, shape.columns)
    mask =
      operands.count > 3
      ? try operands[3].tensor.broadcast(to: Shape(shapes[0].dims.dropLast() + [shape.keys]))
        .asFloats() : nil
  }
}

extension Evaluation {
  /// Attention of floats, its probabilities rounded as the op says.
  func attention(_ attention: Attention) throws(Diagnostic) -> Tensor {
    let heads = try HeadOperands(operands)
    let shape = heads.shape
    var x = [Float](repeating: 0, count: heads.scoreCount)
    guard
      qr_matmul_f32(
        Int64(heads.matrices), Int64(shape.queries), Int64(shape.depth), Int64(shape.keys),
        try heads.q.asFloats(), try heads.keys.asFloats(), &x)
    else { throw Evaluation.memoryShort }
    for index in x.indices { x[index] *= attention.scale }
    let weights = probabilities(of: x, heads, attention.probabilities)
    var factors = weights.integers
    if attention.isSafe { factors.replaceNaN() }
    if attention.probabilities != .unnormalized {
      for index in factors.indices { factors[index] *= weights.step }
    }
    var y = [Float](repeating: 0, count: type.shape.elementCount)
    guard
      qr_matmul_f32(
        Int64(heads.matrices), Int64(shape.queries), Int64(shape.keys), Int64(shape.columns),
        factors, try heads.values.asFloats(), &y)
    else { throw Evaluation.memoryShort }
    if attention.probabilities == .unnormalized {
      for index in y.indices { y[index] /= weights.sums[index / shape.columns] }
    }
    return try Tensor(.f32, type.shape, y)
  }

  func quantizedAttention(_ attention: QuantizedAttention) throws(Diagnostic) -> Tensor {
    let heads = try HeadOperands(operands)
    let (shape, q) = (heads.shape, try operands[0].perTensorParams())
    let (k, v) = (try operands[1].perTensorParams(), try operands[2].perTensorParams())
    var acc = [Int32](repeating: 0, count: heads.scoreCount)
    guard
      qr_matmul_i32(
        Int64(heads.matrices), Int64(shape.queries), Int64(shape.depth), Int64(shape.keys),
        try heads.q.widened(), q.zeroPoint, try heads.keys.widened(), nil, nil, &acc)
    else { throw Evaluation.memoryShort }
    let multiplier = try Multiplier.attentionScores(
      qScale: q.scale, kScale: k.scale, scale: attention.scale)
    let weights = probabilities(
      of: acc.map { Float($0) * multiplier }, heads, attention.probabilities)
    var sums = [Int32](repeating: 0, count: type.shape.elementCount)
    guard
      qr_matmul_i32(
        Int64(heads.matrices), Int64(shape.queries), Int64(shape.keys), Int64(shape.columns),
        weights.integers.map { Int32($0) }, 0, try heads.values.widened(), nil, nil, &sums)
    else { throw Evaluation.memoryShort }
    let rows = heads.matrices * shape.queries
    let store = EpilogueStore(
      Epilogue(hasResidual: false, clamp: .none, result: attention.result), type, outer: 1,
      channels: rows, inner: shape.columns)
    if attention.probabilities == .unnormalized {
      let factor = try store.rescale(v.scale)
      return try store.stored(sums, multipliers: weights.sums.map { factor / $0 }, residual: nil)
    }
    return try store.stored(
      sums, lhsScale: Attention.probabilityScale, rhsScales: [v.scale], residual: nil)
  }

  /// Weights of the keys in units of `step`, and for unnormalized ones the divisor of each query.
  private func probabilities(
    of scores: [Float], _ heads: HeadOperands, _ kind: Attention.Probabilities
  ) -> (integers: [Float], step: Float, sums: [Float]) {
    var x = scores
    if let mask = heads.mask {
      for index in x.indices { x[index] += mask[index] }
    }
    let keys = heads.shape.keys
    let rows = x.count / keys
    var constants = qr_constants.reference
    var y = x
    switch kind {
    case .float:
      qr_softmax(&constants, false, true, Int64(rows), Int64(keys), x, &y)
      return (y, 1, [])
    case .faithful:
      qr_softmax(&constants, false, true, Int64(rows), Int64(keys), x, &y)
      var q = [Int32](repeating: 0, count: y.count)
      qr_quantize(
        1, 1, Int64(y.count), y, [Attention.probabilityScale],
        [qr_store(zero_point: 0, low: 0, high: 255)], &q)
      return (q.map { Float($0) }, Attention.probabilityScale, [])
    case .unnormalized:
      var bytes = [UInt8](repeating: 0, count: y.count)
      var sums = [Int32](repeating: 0, count: rows)
      qr_exponential_bytes(&constants, Int64(rows), Int64(keys), x, &bytes, &sums)
      return (bytes.map { Float($0) }, 1, sums.map { Float(max($0, 1)) })
    }
  }
}
