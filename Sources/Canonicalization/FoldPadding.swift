import Diagnostics
import GraphIR

/// Lets convolutions and pools do the padding that stands before them.
package let foldPadding = Pass("fold-padding", rules: [foldPaddingIntoConv, foldPaddingIntoPool])

/// `conv(pad(x))` to `conv(x)` with larger pads.
///
/// - Applies: zeros are added, only around the window's axes.
/// - Numerics: none.
let foldPaddingIntoConv = RewriteRule("fold-padding-into-conv") { (id, graph) throws(Diagnostic) in
  guard case .conv(let conv) = graph.op(id), case let padded = graph.operand(0, of: id),
    case .pad(let padding) = graph.op(padded), padding.value == 0,
    let pads = padding.windowPads(conv.strides.count)
  else { return nil }
  let wider = try Convolution(
    strides: conv.strides, pads: zip(conv.pads, pads).map { $0 + $1 }, dilations: conv.dilations,
    groups: conv.groups)
  return try graph.append(
    .conv(wider), [graph.operand(0, of: padded)] + graph.operands(of: id).dropFirst())
}

/// `pool(pad(x))` to `pool(x)` with larger pads.
///
/// - Applies: to a maximum when -∞ is added, or 0 to numbers that are not negative; to an average
///   that counts padding when 0 is added. Pads stay smaller than the window.
/// - Numerics: none.
let foldPaddingIntoPool = RewriteRule("fold-padding-into-pool") { (id, graph) throws(Diagnostic) in
  guard case .pool(let pool) = graph.op(id), !pool.ceilMode,
    case let padded = graph.operand(0, of: id), case .pad(let padding) = graph.op(padded),
    let pads = padding.windowPads(pool.kernel.count)
  else { return nil }
  let x = graph.operand(0, of: padded)
  switch pool.kind {
  case .max:
    guard padding.value == -.infinity || (padding.value == 0 && graph.isNonNegative(x)) else {
      return nil
    }
  case .average:
    guard padding.value == 0, pool.countIncludesPad || pool.pads.allSatisfy({ $0 == 0 }) else {
      return nil
    }
  }
  guard
    let wider = try? Pooling(
      pool.kind, kernel: pool.kernel, strides: pool.strides,
      pads: zip(pool.pads, pads).map { $0 + $1 }, dilations: pool.dilations,
      countIncludesPad: pool.kind == .average)
  else { return nil }
  return try graph.append(.pool(wider), [x])
}

extension Padding {
  /// The pads around the last `count` axes, when no other axis is padded and none is cut.
  fileprivate func windowPads(_ count: Int) -> [Int]? {
    let rank = pads.count / 2
    guard mode == .constant, pads.allSatisfy({ $0 >= 0 }), rank == count + 2,
      pads[0] == 0, pads[1] == 0, pads[rank] == 0, pads[rank + 1] == 0
    else { return nil }
    return Array(pads[2..<rank] + pads[(rank + 2)...])
  }
}

extension Graph {
  /// No element can be below 0, by the op that makes it.
  fileprivate func isNonNegative(_ id: ValueID) -> Bool {
    var source = id
    while op(source).passesOneValueOn { source = operand(0, of: source) }
    switch op(source) {
    case .unary(let function):
      switch function {
      case .relu, .sigmoid, .exp, .abs, .sqrt, .softplus, .hardSigmoid: return true
      case .clip(let lower, _): return (lower ?? -1) >= 0
      default: return false
      }
    case .softmax(let softmax): return softmax.kind != .log
    default: return false
    }
  }
}

extension Op {
  /// Every element of the result is one of the only operand's, or a mean of them.
  fileprivate var passesOneValueOn: Bool {
    switch self {
    case .pool, .reshape, .transpose, .slice: true
    default: false
    }
  }
}
