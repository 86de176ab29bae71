import Diagnostics
import GraphIR
import Tensors

/// Reductions; the axes are an attribute in older opsets and an operand in newer ones.
let reductionRules: [ImportRule] = [
  reduction("ReduceSum", .sum), reduction("ReduceMean", .mean), reduction("ReduceMax", .max),
  reduction("ReduceMin", .min), reduction("ReduceProd", .prod), reduction("ReduceL1", .l1),
  reduction("ReduceL2", .l2), reduction("ReduceSumSquare", .sumOfSquares),
  ImportRule("ReduceLogSum") { importer throws(Diagnostic) in
    let x = try importer.operand(0)
    try importer.requireFloat(x)
    guard let reduction = try importer.reduction(.sum, of: x) else {
      return try importer.emitResult(.unary(.log), [x])
    }
    try importer.emitResult(.unary(.log), [try importer.emit(.reduce(reduction), [x])])
  },
  ImportRule("ReduceLogSumExp", run: importReduceLogSumExp),
]

/// `log Σ exp(x - max) + max`.
private func importReduceLogSumExp(_ importer: inout Importer) throws(Diagnostic) {
  let x = try importer.operand(0)
  try importer.requireFloat(x)
  guard let reduction = try importer.reduction(.sum, of: x) else { return importer.setResult(x) }
  let (axes, keepsAxes) = (reduction.axes, reduction.keepsAxes)
  let largest = try importer.emit(
    .reduce(Reduction(.max, axes: axes, keepsAxes: true)), [x])
  let distance = try importer.emit(.binary(.sub), [x, largest])
  let sum = try importer.emit(.reduce(reduction), [try importer.emit(.unary(.exp), [distance])])
  let logarithm = try importer.emit(.unary(.log), [sum])
  let offset =
    keepsAxes ? largest : try importer.emitReshape(largest, importer.shape(sum).dims)
  try importer.emitResult(.binary(.add), [logarithm, offset])
}

private func reduction(_ op: String, _ kind: Reduction.Kind) -> ImportRule {
  ImportRule(op) { importer throws(Diagnostic) in
    let x = try importer.operand(0)
    guard let reduction = try importer.reduction(kind, of: x) else { return importer.setResult(x) }
    try importer.emitResult(.reduce(reduction), [x])
  }
}

extension Importer {
  /// Takes `axes`, `keepdims` and `noop_with_empty_axes`; `nil` when nothing is to be reduced.
  fileprivate mutating func reduction(
    _ kind: Reduction.Kind, of x: ValueID
  ) throws(Diagnostic) -> Reduction? {
    try requireOperands(atMost: 2)
    let keepsAxes = try attributes.bool("keepdims", default: true)
    let keepsWithoutAxes = try attributes.bool("noop_with_empty_axes", default: false)
    let axes = try axesGiven() ?? []
    if axes.isEmpty {
      guard !keepsWithoutAxes else { return nil }
      return Reduction(kind, axes: Array(shape(x).dims.indices), keepsAxes: keepsAxes)
    }
    return Reduction(kind, axes: try normalized(axes, rank: shape(x).rank), keepsAxes: keepsAxes)
  }

  /// The axes as the attribute of older opsets or the operand of newer ones gives them.
  mutating func axesGiven() throws(Diagnostic) -> [Int]? {
    if let axes = try attributes.ints("axes") { return axes }
    return try optionalIntsOperand(1, "axes")
  }

  /// Axes counted from the front.
  ///
  /// - Throws: `QC1007` when one lies outside of `rank` or stands twice.
  func normalized(_ axes: [Int], rank: Int) throws(Diagnostic) -> [Int] {
    var result: [Int] = []
    for axis in axes {
      guard (-rank..<rank).contains(axis) else {
        throw Diagnostic(.invalidAttribute, "axis \(axis) is outside of rank \(rank)")
      }
      result.append(axis < 0 ? axis + rank : axis)
    }
    guard Set(result).count == result.count else {
      throw Diagnostic(.invalidAttribute, "the axes \(axes) hold one of them twice")
    }
    return result
  }
}
