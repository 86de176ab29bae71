import Tensors

/// `softmax(scale · q · kᵀ + mask) · v`, for each head of each image of the batch.
///
/// | value  | shape             | |
/// |--------|-------------------|---|
/// | q      | `[b…, h, s, d]`   | h heads, s queries |
/// | k      | `[b…, g, t, d]`   | g divides h: head i reads k and v number `i / (h / g)` |
/// | v      | `[b…, g, t, e]`   | t keys |
/// | mask   | to `[b…, h, s, t]` | optional, added; broadcast over all axes but the last |
/// | result | `[b…, h, s, e]`   | |
///
/// `b…` is nothing or one axis.
package struct Attention: Hashable, Sendable {
  /// What the probabilities are rounded to; the sentences stand in `Documentation/Quantization.md`.
  package enum Probabilities: String, CaseIterable, Hashable, Sendable, Codable {
    /// Not rounded.
    case float
    /// Normalized, then rounded to u8 in steps of 1/255.
    case faithful
    /// Exponentials of the distance to the row's maximum, rounded to u8 in steps of 1/255, and
    /// divided by their integer sum at the end.
    case unnormalized
  }

  /// Finite and > 0.
  package let scale: Float
  package let probabilities: Probabilities
  /// The softmax is ``Softmax/Kind/safe``: a query whose every key the mask hides gets zeros.
  package let isSafe: Bool

  package init(scale: Float, probabilities: Probabilities = .float, isSafe: Bool = false) {
    self.scale = scale
    self.probabilities = probabilities
    self.isSafe = isSafe
  }

  /// The size of one step of a rounded probability.
  package static let probabilityScale: Float = 1 / 255
  /// The largest depth and number of keys whose sums of bytes are sure to fit in int32.
  package static let integerLimit = 65_536 / 2
}

/// ``Attention`` of 8-bit q, k and v with integer products; the mask stays f32.
package struct QuantizedAttention: Hashable, Sendable {
  package let scale: Float
  /// Not ``Attention/Probabilities/float``.
  package let probabilities: Attention.Probabilities
  package let result: QuantizedResult

  package init(scale: Float, probabilities: Attention.Probabilities, result: QuantizedResult) {
    self.scale = scale
    self.probabilities = probabilities
    self.result = result
  }
}

/// The extents of an attention, from the shapes of its operands.
package struct AttentionShape: Hashable, Sendable {
  package let batch: Int
  package let heads: Int
  /// Heads of k and v.
  package let groups: Int
  package let queries: Int
  package let keys: Int
  /// Elements of a query and of a key.
  package let depth: Int
  /// Elements of a value.
  package let columns: Int

  /// `nil` when the shapes do not fit each other.
  package init?(q: Shape, k: Shape, v: Shape, mask: Shape?) {
    let rank = q.rank
    guard (3...4).contains(rank), k.rank == rank, v.rank == rank,
      rank == 3 || (k[0] == q[0] && v[0] == q[0])
    else { return nil }
    batch = rank == 4 ? q[0] : 1
    (heads, queries, depth) = (q[rank - 3], q[rank - 2], q[rank - 1])
    (groups, keys, columns) = (k[rank - 3], k[rank - 2], v[rank - 1])
    guard k[rank - 1] == depth, v[rank - 3] == groups, v[rank - 2] == keys,
      [batch, heads, groups, queries, keys, depth, columns].allSatisfy({ $0 > 0 }),
      heads % groups == 0
    else { return nil }
    if let mask {
      let scores = q.dims.dropLast() + [keys]
      guard let last = mask.dims.last, last == keys, mask.rank <= rank,
        zip(mask.dims.reversed(), scores.reversed()).allSatisfy({ $0 == $1 || $0 == 1 })
      else { return nil }
    }
  }

  /// Whether integer sums of bytes cannot leave int32.
  package var fitsIntegers: Bool {
    depth <= Attention.integerLimit && keys <= Attention.integerLimit
  }
}

extension Op {
  /// The result's shape of an attention.
  func attentionShape(_ operands: [TensorType]) -> Shape? {
    let shapes = operands.map(\.shape)
    guard
      AttentionShape(
        q: shapes[0], k: shapes[1], v: shapes[2], mask: shapes.count > 3 ? shapes[3] : nil) != nil
    else { return nil }
    return try? Shape(shapes[0].dims.dropLast() + [shapes[2].dims[shapes[2].rank - 1]])
  }
}
