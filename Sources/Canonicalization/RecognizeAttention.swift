import Diagnostics
import GraphIR
import Tensors

/// `softmax(scale · q · kᵀ + mask) · v` to one attention.
///
/// - Applies: the scores, the probabilities and what lies between them have no other use; a mask is
///   a sum whose other operand broadcasts to the scores, or a selection between them and a large
///   negative number; several become one, their sum. A factor may stand on q, on k, on both, or on
///   the scores. k and v that are repeated for groups of heads are taken before they are repeated.
/// - Numerics: the same, where the factor stands on the scores and there is one mask; else rounded in
///   another order. A selection becomes a sum: a score that it hides differs, by less than the number
///   is large.
let recognizeAttention = RewriteRule("recognize-attention") { (id, graph) throws(Diagnostic) in
  guard case .matMul = graph.op(id), case let probabilities = graph.operand(0, of: id),
    case .softmax(let softmax) = graph.op(probabilities), softmax.kind != .log,
    graph.type(of: id).element == .f32, graph.hasOneUse(probabilities),
    softmax.axis == graph.shape(of: probabilities).rank - 1,
    let scores = try graph.attentionScores(graph.operand(0, of: probabilities))
  else { return nil }
  let rank = graph.shape(of: id).rank
  guard (2...4).contains(rank), graph.shape(of: scores.lhs).rank == rank,
    graph.shape(of: scores.rhs).rank == rank,
    case let v = graph.operand(1, of: id), graph.shape(of: v).rank == rank
  else { return nil }
  let heads = rank == 2 ? 1 : graph.shape(of: scores.lhs)[rank - 3]
  let q = try graph.withHeads(scores.lhs)
  let turned = try graph.turned(scores.rhs)
  var (k, values) = (
    try graph.ungrouped(turned, heads: heads), try graph.ungrouped(v, heads: heads)
  )
  if rank > 2, graph.shape(of: k)[rank - 3] != graph.shape(of: values)[rank - 3] {
    (k, values) = (turned, v)
  }
  (k, values) = (try graph.withHeads(k), try graph.withHeads(values))
  let operands = [q, k, values] + (scores.mask.map { [$0] } ?? [])
  guard
    AttentionShape(
      q: graph.shape(of: q), k: graph.shape(of: k), v: graph.shape(of: values),
      mask: scores.mask.map { graph.shape(of: $0) }) != nil
  else { return nil }
  let result = try graph.append(
    .attention(Attention(scale: scores.scale, isSafe: softmax.kind == .safe)), operands,
    source: graph[id].source)
  guard graph.shape(of: result) != graph.shape(of: id) else { return result }
  return try graph.append(.reshape(Reshape(graph.shape(of: id))), [result])
}

/// What the softmax of an attention reads, taken apart.
private struct AttentionScores {
  var lhs: ValueID
  var rhs: ValueID
  var scale: Float
  var mask: ValueID?
}

extension Graph {
  /// `id` as `scale · lhs · rhs + mask`.
  fileprivate mutating func attentionScores(_ id: ValueID) throws(Diagnostic) -> AttentionScores? {
    guard hasOneUse(id) else { return nil }
    switch op(id) {
    case .binary(.add):
      for (inner, mask) in [(0, 1), (1, 0)] {
        let (product, other) = (operand(inner, of: id), operand(mask, of: id))
        guard shape(of: product) == shape(of: id), hidesKeys(other, in: shape(of: id)),
          let scores = try attentionScores(product)
        else { continue }
        return try hiding(other, in: scores)
      }
      return nil
    case .select:
      return try selectedScores(id)
    case .reshape:
      return try scoresWithUnitAxes(id)
    default:
      return scaledProduct(id)
    }
  }

  /// A mask has one number for each key, and is no product itself.
  private func hidesKeys(_ mask: ValueID, in scores: Shape) -> Bool {
    let dims = shape(of: mask).dims
    return dims.last == scores.dims.last && dims.count <= scores.rank
      && zip(dims.reversed(), scores.dims.reversed()).allSatisfy { $0 == $1 || $0 == 1 }
  }

  /// `where(condition, scores, number)` and `where(condition, number, scores)`, the number hiding.
  private mutating func selectedScores(_ id: ValueID) throws(Diagnostic) -> AttentionScores? {
    for (kept, other) in [(1, 2), (2, 1)] {
      let (product, filler) = (operand(kept, of: id), operand(other, of: id))
      guard let number = uniform(filler), number <= Graph.hidingNumber,
        shape(of: product) == shape(of: id), hidesKeys(operand(0, of: id), in: shape(of: id)),
        let scores = try attentionScores(product)
      else { continue }
      let zero = appendConstant(try Tensor.floats([0], []))
      let hidden = appendConstant(try Tensor.floats([number], []))
      let mask = try append(
        .select, [operand(0, of: id)] + (kept == 1 ? [zero, hidden] : [hidden, zero]))
      return try hiding(mask, in: scores)
    }
    return nil
  }

  /// The scores with `mask` beside what they have of masks.
  private mutating func hiding(
    _ mask: ValueID, in scores: AttentionScores
  ) throws(Diagnostic) -> AttentionScores {
    var scores = scores
    if let known = scores.mask {
      scores.mask = try append(.binary(.add), [known, mask])
    } else {
      scores.mask = mask
    }
    return scores
  }

  /// `reshape(reshape(scores) + mask)` that adds axes of extent 1 at the front, and takes them away.
  private mutating func scoresWithUnitAxes(_ id: ValueID) throws(Diagnostic) -> AttentionScores? {
    let sum = operand(0, of: id)
    guard case .binary(.add) = op(sum), hasOneUse(sum) else { return nil }
    for (inner, other) in [(0, 1), (1, 0)] {
      let (wide, mask) = (operand(inner, of: sum), operand(other, of: sum))
      guard case .reshape = op(wide), case let product = operand(0, of: wide), hasOneUse(wide),
        shape(of: product) == shape(of: id), shape(of: wide) == shape(of: sum),
        shape(of: wide).dims.trimmingPrefix(while: { $0 == 1 })
          == shape(of: id).dims.trimmingPrefix(while: { $0 == 1 })
      else { continue }
      let dims = shape(of: mask).dims
      let excess = max(0, dims.count - shape(of: id).rank)
      guard dims.prefix(excess).allSatisfy({ $0 == 1 }) else { continue }
      let narrow = try append(
        .reshape(Reshape(try Shape(Array(dims.dropFirst(excess))))), [mask])
      guard hidesKeys(narrow, in: shape(of: id)), let scores = try attentionScores(product) else {
        continue
      }
      return try hiding(narrow, in: scores)
    }
    return nil
  }

  /// A number from which on a summand hides any score.
  private static let hidingNumber: Float = -1e4

  /// The one number that all elements of a constant are.
  private func uniform(_ id: ValueID) -> Float? {
    guard let tensor = constant(id), tensor.element == .f32, let first = tensor.floats.first,
      tensor.floats.allSatisfy({ $0 == first })
    else { return nil }
    return first
  }

  /// `scale · lhs · rhs`, the factor in any place.
  private func scaledProduct(_ id: ValueID) -> AttentionScores? {
    let (product, outer) = withoutFactor(id)
    guard case .matMul = op(product), hasOneUse(product) else { return nil }
    let (lhs, left) = withoutFactor(operand(0, of: product))
    let (rhs, right) = withoutFactor(operand(1, of: product))
    let scale = outer * left * right
    guard scale.isNormal, scale > 0, constant(lhs) == nil, constant(rhs) == nil else { return nil }
    return AttentionScores(lhs: lhs, rhs: rhs, scale: scale, mask: nil)
  }

  /// `id` as a value times one number.
  private func withoutFactor(_ id: ValueID) -> (ValueID, Float) {
    guard case .binary(let function) = op(id), hasOneUse(id) else { return (id, 1) }
    let (lhs, rhs) = (operand(0, of: id), operand(1, of: id))
    if let number = scalar(rhs), shape(of: lhs) == shape(of: id) {
      if function == .mul { return (lhs, number) }
      if function == .div { return (lhs, 1 / number) }
    }
    if function == .mul, let number = scalar(lhs), shape(of: rhs) == shape(of: id) {
      return (rhs, number)
    }
    return (id, 1)
  }

  /// The value with its last two axes exchanged: what a transpose that does no more has read.
  fileprivate mutating func turned(_ id: ValueID) throws(Diagnostic) -> ValueID {
    let rank = shape(of: id).rank
    let exchange = Array(0..<rank - 2) + [rank - 1, rank - 2]
    if case .transpose(let transpose) = op(id) {
      let joined = try Transpose(exchange.map { transpose.permutation[$0] })
      let source = operand(0, of: id)
      return joined.isIdentity ? source : try append(.transpose(joined), [source])
    }
    return try append(.transpose(try Transpose(exchange)), [id])
  }

  /// `[s, d]` as one head, `[1, s, d]`.
  fileprivate mutating func withHeads(_ id: ValueID) throws(Diagnostic) -> ValueID {
    let shape = shape(of: id)
    guard shape.rank == 2 else { return id }
    return try append(.reshape(Reshape(try Shape([1] + shape.dims))), [id])
  }

  /// What lies before `reshape(expand(reshape(x)))` that repeats each head of x for its group, or
  /// before an expand of one head to all.
  fileprivate mutating func ungrouped(
    _ id: ValueID, heads: Int
  ) throws(Diagnostic) -> ValueID {
    let dims = shape(of: id).dims
    let rank = dims.count
    guard rank >= 3, dims[rank - 3] == heads else { return id }
    let tail = Array(dims.suffix(2))
    if case .reshape = op(id), case let repeated = operand(0, of: id),
      case .expand = op(repeated), case let single = operand(0, of: repeated),
      case let wide = shape(of: repeated).dims, wide.count == rank + 1,
      case let narrow = shape(of: single).dims, narrow.count == rank + 1,
      narrow[rank - 2] == 1, Array(wide.prefix(rank - 2)) == Array(narrow.prefix(rank - 2)),
      Array(wide.suffix(2)) == tail, Array(narrow.suffix(2)) == tail,
      wide[rank - 3] * wide[rank - 2] == heads
    {
      let shape = try Shape(Array(narrow.prefix(rank - 2)) + tail)
      return try append(.reshape(Reshape(shape)), [single])
    }
    if case .expand = op(id), case let single = operand(0, of: id),
      case let narrow = shape(of: single).dims, narrow.count == rank, narrow[rank - 3] == 1,
      narrow.prefix(rank - 3) == dims.prefix(rank - 3), Array(narrow.suffix(2)) == tail
    {
      return single
    }
    return id
  }
}
