import Diagnostics
import GraphIR
import Tensors

/// `f(transpose(x))` to `transpose(f(x))`.
///
/// - Applies: the transpose has no other use.
let sinkTransposeBelowUnary = RewriteRule("sink-transpose-below-unary") {
  (id, graph) throws(Diagnostic) in
  guard case .unary = graph.op(id), case let moved = graph.operand(0, of: id),
    case .transpose(let transpose) = graph.op(moved), graph.hasOneUse(moved)
  else { return nil }
  let result = try graph.append(graph.op(id), [graph.operand(0, of: moved)])
  return try graph.append(.transpose(transpose), [result])
}

/// `transpose(x) ∘ transpose(y)` and `transpose(x) ∘ constant` to a transpose of the result.
///
/// - Applies: both transposes are the same and have no other use; the result has x's shape.
let sinkTransposeBelowBinary = RewriteRule("sink-transpose-below-binary") {
  (id, graph) throws(Diagnostic) in
  guard case .binary(let function) = graph.op(id), !function.isPredicate else { return nil }
  let (lhs, rhs) = (graph.operand(0, of: id), graph.operand(1, of: id))
  guard let permutation = graph.permutation(of: lhs) ?? graph.permutation(of: rhs),
    let a = try graph.operandBefore(permutation, lhs, in: id),
    let b = try graph.operandBefore(permutation, rhs, in: id)
  else { return nil }
  let result = try graph.append(.binary(function), [a, b])
  return try graph.append(.transpose(try Transpose(permutation)), [result])
}

/// `concat(transpose(x), transpose(y), …)` to `transpose(concat(x, y, …))`.
let sinkTransposeBelowConcat = RewriteRule("sink-transpose-below-concat") {
  (id, graph) throws(Diagnostic) in
  guard case .concat(let concat) = graph.op(id), case let operands = graph.operands(of: id),
    let permutation = graph.permutation(of: operands[0]),
    operands.allSatisfy({ graph.permutation(of: $0) == permutation && graph.hasOneUse($0) })
  else { return nil }
  let joined = try graph.append(
    .concat(Concatenation(axis: permutation[concat.axis])),
    operands.map { graph.operand(0, of: $0) })
  return try graph.append(.transpose(try Transpose(permutation)), [joined])
}

/// `reduce(transpose(x))` to a reduction of x over the axes that are meant.
///
/// - Numerics: a sum may be taken in another order.
let dropTransposeBeforeReduction = RewriteRule("drop-transpose-before-reduction") {
  (id, graph) throws(Diagnostic) in
  guard case .reduce(let reduction) = graph.op(id), case let moved = graph.operand(0, of: id),
    let permutation = graph.permutation(of: moved)
  else { return nil }
  let result = try graph.append(
    .reduce(
      Reduction(
        reduction.kind, axes: reduction.axes.map { permutation[$0] },
        keepsAxes: reduction.keepsAxes)),
    [graph.operand(0, of: moved)])
  if reduction.keepsAxes {
    return try graph.append(.transpose(try Transpose(permutation)), [result])
  }
  let left = permutation.indices.filter { !reduction.axes.contains($0) }.map { permutation[$0] }
  let ordered = left.sorted()
  let remaining = left.map { axis in ordered.count { $0 < axis } }
  return try graph.append(.transpose(try Transpose(remaining)), [result])
}

extension Graph {
  fileprivate func permutation(of id: ValueID) -> [Int]? {
    guard case .transpose(let transpose) = op(id) else { return nil }
    return transpose.permutation
  }

  /// What stands for the operand `id` of `user` when `user` is computed before the transpose.
  fileprivate mutating func operandBefore(
    _ permutation: [Int], _ id: ValueID, in user: ValueID
  ) throws(Diagnostic) -> ValueID? {
    if self.permutation(of: id) == permutation {
      let isSoleUser = operands(of: user) == [id, id] ? useCount(of: id) == 2 : hasOneUse(id)
      guard isSoleUser, shape(of: id) == shape(of: user) else { return nil }
      return operand(0, of: id)
    }
    guard let tensor = constant(id), tensor.element == .f32,
      tensor.shape.rank <= permutation.count
    else { return nil }
    if tensor.shape.elementCount == 1 { return id }
    let lead = [Int](repeating: 1, count: permutation.count - tensor.shape.rank)
    var inverse = permutation
    for (to, from) in permutation.enumerated() { inverse[from] = to }
    let full = try tensor.reshaped(try Shape(lead + tensor.shape.dims))
    return appendConstant(try full.transposedFloats(inverse))
  }
}
