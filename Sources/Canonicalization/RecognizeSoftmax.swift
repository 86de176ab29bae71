import Diagnostics
import GraphIR
import Tensors

/// `e / sum(e)` with `e = exp(x - max(x))` or `exp(x)`, both over one axis, to softmax.
///
/// - Numerics: the sum is taken in lanes; where `exp(x)` alone overflowed, softmax does not.
let recognizeExpandedSoftmax = RewriteRule("recognize-expanded-softmax") {
  (id, graph) throws(Diagnostic) in
  guard let (power, total) = graph.quotientParts(id),
    let argument = graph.operand(of: power, where: { $0 == .exp }),
    let (summed, axis) = graph.reduced(total, by: .sum, like: id), summed == power
  else { return nil }
  let softmax = Op.softmax(Softmax(axis: axis))
  if case .binary(.sub) = graph.op(argument),
    let (x, maximumAxis) = graph.reduced(graph.operand(1, of: argument), by: .max, like: id),
    x == graph.operand(0, of: argument), maximumAxis == axis
  {
    return try graph.append(softmax, [x])
  }
  return try graph.append(softmax, [argument])
}

/// `where(isnan(y), 0, y)` with y a softmax, to a safe softmax. isnan is `not(y == y)`.
///
/// - Numerics: the same.
let recognizeSafeSoftmax = RewriteRule("recognize-safe-softmax") { (id, graph) throws(Diagnostic) in
  guard case .select = graph.op(id), graph.type(of: id).element == .f32 else { return nil }
  var (condition, onNaN, y) = (
    graph.operand(0, of: id), graph.operand(1, of: id), graph.operand(2, of: id)
  )
  if case .unary(.not) = graph.op(condition) {
    condition = graph.operand(0, of: condition)
  } else {
    swap(&onNaN, &y)
  }
  guard case .binary(.equal) = graph.op(condition), graph.operands(of: condition) == [y, y],
    case .softmax(let softmax) = graph.op(y), softmax.kind == .plain,
    graph.shape(of: y) == graph.shape(of: id), graph.scalar(onNaN) == 0
  else { return nil }
  return try graph.append(.softmax(Softmax(axis: softmax.axis, .safe)), graph.operands(of: y))
}

extension Graph {
  /// The parts of `a / b` or `a · (1 / b)`, a in the shape of the result.
  fileprivate func quotientParts(_ id: ValueID) -> (ValueID, ValueID)? {
    guard case .binary(let function) = op(id), type(of: id).element == .f32 else { return nil }
    let (lhs, rhs) = (operand(0, of: id), operand(1, of: id))
    let pairs =
      function == .div
      ? [(lhs, rhs)]
      : function == .mul
        ? [(lhs, rhs), (rhs, lhs)].compactMap { value, factor in
          operand(of: factor, where: { $0 == .reciprocal }).map { (value, $0) }
        } : []
    return pairs.first { shape(of: $0.0) == shape(of: id) }
  }

  /// `id` as a reduction over one axis of a value in the shape of `whole`, with extent 1 there; a
  /// reshape may restore it.
  fileprivate func reduced(
    _ id: ValueID, by kind: Reduction.Kind, like whole: ValueID
  ) -> (of: ValueID, axis: Int)? {
    guard case .reduce(let reduction) = op(withoutReshapes(id)), reduction.kind == kind,
      reduction.axes.count == 1, case let x = operand(0, of: withoutReshapes(id)),
      shape(of: x) == shape(of: whole)
    else { return nil }
    var dims = shape(of: x).dims
    dims[reduction.axes[0]] = 1
    return shape(of: id).dims == dims ? (x, reduction.axes[0]) : nil
  }
}
