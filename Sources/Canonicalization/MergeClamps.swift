import Diagnostics
import GraphIR

/// Joins clamps that follow each other, and writes each in its plainest form.
package let mergeClamps = Pass("merge-clamps", rules: [mergeClampPair, simplifyClip])

/// A clamp of a clamp to one clamp: the same numbers.
let mergeClampPair = RewriteRule("merge-clamp-pair") { (id, graph) throws(Diagnostic) in
  guard case .unary(let outer) = graph.op(id), let second = outer.clampBounds,
    case let inner = graph.operand(0, of: id), case .unary(let function) = graph.op(inner),
    let first = function.clampBounds
  else { return nil }
  return try graph.append(
    .unary(first.followed(by: second).function), [graph.operand(0, of: inner)])
}

/// `clip` with only the lower bound 0 to `relu`; one without bounds to its operand.
let simplifyClip = RewriteRule("simplify-clip") { (id, graph) throws(Diagnostic) in
  guard case .unary(let function) = graph.op(id), case .clip = function,
    let bounds = function.clampBounds
  else { return nil }
  if bounds.isUnbounded { return graph.operand(0, of: id) }
  guard bounds.function == .relu else { return nil }
  return try graph.append(.unary(.relu), [graph.operand(0, of: id)])
}

extension ClampBounds {
  fileprivate var isUnbounded: Bool {
    (lower ?? -.infinity) == -.infinity && (upper ?? .infinity) == .infinity
  }

  /// The plainest function that clamps to these bounds.
  fileprivate var function: UnaryFunction {
    lower == 0 && (upper ?? .infinity) == .infinity ? .relu : .clip(lower: lower, upper: upper)
  }
}
