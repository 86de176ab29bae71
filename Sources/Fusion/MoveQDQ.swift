import Diagnostics
import GraphIR
import Tensors

/// Rewrites `quantize(movement(x))` to `movement(quantize(x))`, towards the kernel that makes x.
///
/// - Applies: to reshape and transpose, whose result nothing else uses.
/// - Numerics: none.
let hoistQuantize = RewriteRule("hoist-quantize") { (id, graph) throws(Diagnostic) in
  guard case .quantize(let quantize) = graph.op(id), quantize.params.isPerTensor,
    case let moved = graph.operand(0, of: id), graph.hasOneUse(moved)
  else { return nil }
  switch graph.op(moved) {
  case .reshape, .transpose: break
  default: return nil
  }
  let early = try graph.append(.quantize(quantize), [graph.operand(0, of: moved)])
  let result = try graph.append(graph.op(moved), [early])
  graph.bequeathName(of: id, to: early)
  graph.bequeathName(of: moved, to: result)
  return result
}

/// Rewrites `quantize(concat(x, …))` to `concat(quantize(x), …)`, so that each branch is stored
/// once, by the kernel that makes it.
///
/// - Applies: nothing else uses the concat's result; no branch is constant.
/// - Numerics: none.
let hoistQuantizeAboveConcat = RewriteRule("hoist-quantize-above-concat") {
  (id, graph) throws(Diagnostic) in
  guard case .quantize(let quantize) = graph.op(id), quantize.params.isPerTensor,
    case let joined = graph.operand(0, of: id), case .concat = graph.op(joined),
    graph.hasOneUse(joined), case let branches = graph.operands(of: joined),
    branches.allSatisfy({ graph.constant($0) == nil })
  else { return nil }
  var integers: [ValueID] = []
  for branch in branches { integers.append(try graph.append(.quantize(quantize), [branch])) }
  let result = try graph.append(graph.op(joined), integers)
  graph.bequeathName(of: id, to: integers[0])
  graph.bequeathName(of: joined, to: result)
  return result
}

/// Rewrites `movement(dequantize(q))` to `dequantize(movement(q))`: bytes are moved, not floats,
/// and the pair meets the next one.
///
/// - Applies: to ops that move elements of one tensor, and maximum pooling.
/// - Numerics: none; quantization is monotonic, and padding with 0 is exact.
let sinkDequantize = RewriteRule("sink-dequantize") { (id, graph) throws(Diagnostic) in
  guard case let op = graph.op(id), op.movesElements, graph.type(of: id).element == .f32,
    case let real = graph.operand(0, of: id), let source = graph.integers(real),
    graph.constant(source) == nil
  else { return nil }
  if case .concat = op { return nil }
  let moved = try graph.append(
    op, [source] + graph.operands(of: id).dropFirst(), source: graph[id].source)
  let late = try graph.append(.dequantize, [moved])
  graph.bequeathName(of: id, to: moved)
  if graph.hasOneUse(real) { graph.bequeathName(of: real, to: late) }
  return late
}

/// Rewrites `concat(dequantize(q), …)` to `dequantize(concat(q, …))`.
///
/// - Applies: all branches have the same element type and parameters.
/// - Numerics: none.
let sinkDequantizeBelowConcat = RewriteRule("sink-dequantize-below-concat") {
  (id, graph) throws(Diagnostic) in
  guard case .concat = graph.op(id), case let branches = graph.operands(of: id),
    case let sources = branches.compactMap({ graph.integers($0) }),
    sources.count == branches.count,
    sources.allSatisfy({
      graph.quantization(of: $0) == graph.quantization(of: sources[0])
        && graph.type(of: $0).element == graph.type(of: sources[0]).element
    })
  else { return nil }
  let joined = try graph.append(graph.op(id), sources, source: graph[id].source)
  let late = try graph.append(.dequantize, [joined])
  graph.bequeathName(of: id, to: joined)
  graph.settle(joined, took: Array(branches.dropFirst()))
  if graph.hasOneUse(branches[0]) { graph.bequeathName(of: branches[0], to: late) }
  return late
}
