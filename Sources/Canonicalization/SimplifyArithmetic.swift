import Diagnostics
import GraphIR
import Tensors

/// Brings arithmetic with constants into one form: a constant stands on the right of a sum or a
/// product, differences and quotients with one are sums and products.
package let simplifyArithmetic = Pass(
  "simplify-arithmetic",
  rules: [
    orderOperands, dropNeutralOperand, rewriteSubtraction, rewriteDivision, rewritePower,
    rewriteExtremum, mergeConstantOperands,
  ])

/// `constant ∘ x` to `x ∘ constant`, for sums and products.
let orderOperands = RewriteRule("order-operands") { (id, graph) throws(Diagnostic) in
  guard case .binary(let function) = graph.op(id), function == .add || function == .mul,
    graph.constant(graph.operand(0, of: id)) != nil,
    graph.constant(graph.operand(1, of: id)) == nil
  else { return nil }
  return try graph.append(
    .binary(function), [graph.operand(1, of: id), graph.operand(0, of: id)])
}

/// `x + 0`, `x - 0`, `x · 1`, `x / 1` to `x`.
///
/// - Numerics: `-0 + 0` stays `-0`.
let dropNeutralOperand = RewriteRule("drop-neutral-operand") { (id, graph) throws(Diagnostic) in
  guard case .binary(let function) = graph.op(id),
    let constant = graph.constant(graph.operand(1, of: id)), constant.element == .f32,
    let neutral = function.neutralOperand, constant.floats.allSatisfy({ $0 == neutral }),
    graph.type(of: graph.operand(0, of: id)) == graph.type(of: id)
  else { return nil }
  return graph.operand(0, of: id)
}

/// `x - c` to `x + (-c)`: the same number.
let rewriteSubtraction = RewriteRule("rewrite-subtraction") { (id, graph) throws(Diagnostic) in
  guard case .binary(.sub) = graph.op(id), let constant = graph.constant(graph.operand(1, of: id)),
    constant.element == .f32, graph.constant(graph.operand(0, of: id)) == nil
  else { return nil }
  let negated = graph.appendConstant(try constant.mapFloats { -$0 })
  return try graph.append(.binary(.add), [graph.operand(0, of: id), negated])
}

/// `x / c` to `x · (1/c)`.
///
/// - Applies: `1/c` is a normal number everywhere.
/// - Numerics: one more rounding, unless `c` is a power of two.
let rewriteDivision = RewriteRule("rewrite-division") { (id, graph) throws(Diagnostic) in
  guard case .binary(.div) = graph.op(id), let constant = graph.constant(graph.operand(1, of: id)),
    constant.element == .f32, graph.constant(graph.operand(0, of: id)) == nil,
    constant.floats.allSatisfy({ (1 / $0).isNormal })
  else { return nil }
  let reciprocal = graph.appendConstant(try constant.mapFloats { 1 / $0 })
  return try graph.append(.binary(.mul), [graph.operand(0, of: id), reciprocal])
}

/// Powers with the exponents 2, 1, ½, -½ and -1 to products, roots and reciprocals.
let rewritePower = RewriteRule("rewrite-power") { (id, graph) throws(Diagnostic) in
  guard case .binary(.pow) = graph.op(id), let exponent = graph.scalar(graph.operand(1, of: id)),
    graph.type(of: graph.operand(0, of: id)) == graph.type(of: id)
  else { return nil }
  let x = graph.operand(0, of: id)
  switch exponent {
  case 1: return x
  case 2: return try graph.append(.binary(.mul), [x, x])
  case 0.5: return try graph.append(.unary(.sqrt), [x])
  case -1: return try graph.append(.unary(.reciprocal), [x])
  case -0.5:
    return try graph.append(.unary(.reciprocal), [try graph.append(.unary(.sqrt), [x])])
  default: return nil
  }
}

/// `max(x, c)` and `min(x, c)` with one number `c` to `clip`.
///
/// - Numerics: where x is NaN, NaN instead of `c`.
let rewriteExtremum = RewriteRule("rewrite-extremum") { (id, graph) throws(Diagnostic) in
  guard case .binary(let function) = graph.op(id), function == .max || function == .min else {
    return nil
  }
  for (x, bound) in [(0, 1), (1, 0)] {
    let (value, limit) = (graph.operand(x, of: id), graph.operand(bound, of: id))
    guard let number = graph.scalar(limit), graph.constant(value) == nil,
      graph.type(of: value) == graph.type(of: id)
    else { continue }
    let clip: UnaryFunction =
      function == .max ? .clip(lower: number, upper: nil) : .clip(lower: nil, upper: number)
    return try graph.append(.unary(clip), [value])
  }
  return nil
}

/// `(x ∘ a) ∘ b` to `x ∘ (a ∘ b)`, for sums and products.
///
/// - Applies: the inner result has no other use. `fold-constants` computes `a ∘ b`.
/// - Numerics: rounded in another order.
let mergeConstantOperands = RewriteRule("merge-constant-operands") {
  (id, graph) throws(Diagnostic) in
  guard case .binary(let function) = graph.op(id), function == .add || function == .mul,
    graph.constant(graph.operand(1, of: id))?.element == .f32,
    case let inner = graph.operand(0, of: id), graph.op(inner) == .binary(function),
    graph.constant(graph.operand(1, of: inner))?.element == .f32,
    graph.constant(graph.operand(0, of: inner)) == nil, graph.hasOneUse(inner)
  else { return nil }
  let (a, b) = (graph.operand(1, of: inner), graph.operand(1, of: id))
  guard let (lhs, rhs) = try graph.broadcastConstants(a, b) else { return nil }
  let joined = graph.appendConstant(
    try Tensor(
      .f32, lhs.shape,
      zip(lhs.floats, rhs.floats).map { function == .add ? $0 + $1 : $0 * $1 }))
  return try graph.append(.binary(function), [graph.operand(0, of: inner), joined])
}

extension BinaryFunction {
  fileprivate var neutralOperand: Float? {
    switch self {
    case .add, .sub: 0
    case .mul, .div: 1
    case .pow, .min, .max, .mod, .fmod, .prelu, .equal, .less, .greater, .lessOrEqual,
      .greaterOrEqual, .and, .or, .xor:
      nil
    }
  }
}

extension Graph {
  /// Two constants of equal shape, or of which one is a single number, in their common shape.
  fileprivate func broadcastConstants(
    _ a: ValueID, _ b: ValueID
  ) throws(Diagnostic) -> (Tensor, Tensor)? {
    guard let lhs = constant(a), let rhs = constant(b) else { return nil }
    if lhs.shape == rhs.shape { return (lhs, rhs) }
    if rhs.shape.elementCount == 1, rhs.shape.rank <= lhs.shape.rank {
      return (lhs, try lhs.mapFloats { _ in rhs.floats[0] })
    }
    if lhs.shape.elementCount == 1, lhs.shape.rank <= rhs.shape.rank {
      return (try rhs.mapFloats { _ in lhs.floats[0] }, rhs)
    }
    return nil
  }
}
