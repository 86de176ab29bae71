import Diagnostics
import GraphIR
import Tensors

/// Normalizations over groups of channels, and by a norm.
let groupNormalizationRules: [ImportRule] = [
  ImportRule("GroupNormalization", since: 18) { importer throws(Diagnostic) in
    guard let groups = try importer.attributes.optionalInt("num_groups") else {
      throw Diagnostic(.invalidAttribute, "GroupNormalization needs the attribute 'num_groups'")
    }
    importer.attributes.ignore("stash_type")
    let hasScalePerGroup = importer.opset < 21
    try importer.importGroupNormalization(groups: groups, hasScalePerGroup: hasScalePerGroup)
  },
  ImportRule("InstanceNormalization") { importer throws(Diagnostic) in
    try importer.importGroupNormalization(groups: nil, hasScalePerGroup: false)
  },
  ImportRule("LpNormalization", run: importLpNormalization),
]

extension Importer {
  /// A layer norm of each group's elements, then scale and bias of each channel.
  ///
  /// `groups` is `nil` where each channel is one; opsets before 21 scale each group.
  fileprivate mutating func importGroupNormalization(
    groups given: Int?, hasScalePerGroup: Bool
  ) throws(Diagnostic) {
    try requireOperands(atMost: 3)
    let x = try operand(0)
    try requireFloat(x)
    let shape = shape(x)
    let epsilon = try attributes.float("epsilon", default: 1e-5)
    guard shape.rank >= 2, shape.elementCount > 0, case let channels = shape[1],
      case let groups = given ?? channels, groups > 0, channels % groups == 0
    else {
      throw Diagnostic(
        .shapeMismatch,
        "\(node.opType) of [\(shape)] in \(given.map { "\($0)" } ?? "as many") groups")
    }
    let length = shape.elementCount / (shape[0] * groups)
    let rows = try emitReshape(x, [shape[0], groups, length])
    let ones = try emit(
      .expand(Reshape(try Shape([length]))), [try scalar(1, like: x)])
    var value = try emit(
      .layerNorm(Normalization(axis: 2, epsilon: epsilon)), [rows, ones])
    if !hasScalePerGroup { value = try emitReshape(value, shape.dims) }
    let count = hasScalePerGroup ? groups : channels
    let rest = [Int](repeating: 1, count: hasScalePerGroup ? 1 : shape.rank - 2)
    var parameters: [ValueID] = []
    for index in 1...2 {
      let parameter = try operand(index)
      guard self.shape(parameter).dims == [count] else {
        throw Diagnostic(
          .shapeMismatch,
          "\(node.opType) of [\(shape)] with [\(self.shape(parameter))], not \(count) numbers")
      }
      parameters.append(try emitReshape(parameter, [count] + rest))
    }
    value = try emit(.binary(.mul), [value, parameters[0]])
    guard hasScalePerGroup else { return try emitResult(.binary(.add), [value, parameters[1]]) }
    value = try emit(.binary(.add), [value, parameters[1]])
    try emitResult(.reshape(Reshape(shape)), [value])
  }
}

/// `x / ‖x‖` along one axis, and 0 where the norm is 0.
private func importLpNormalization(_ importer: inout Importer) throws(Diagnostic) {
  let x = try importer.operand(0)
  try importer.requireFloat(x)
  let axis = try importer.shape(x).normalizedAxis(try importer.attributes.int("axis", default: -1))
  let order = try importer.attributes.int("p", default: 2)
  guard order == 1 || order == 2 else {
    throw Diagnostic(.invalidAttribute, "LpNormalization by the norm \(order)")
  }
  let norm = try importer.emit(
    .reduce(Reduction(order == 1 ? .l1 : .l2, axes: [axis], keepsAxes: true)), [x])
  let zero = try importer.scalar(0, like: x)
  let isZero = try importer.emit(.binary(.equal), [norm, zero])
  let divisor = try importer.emit(.select, [isZero, try importer.scalar(1, like: x), norm])
  try importer.emitResult(.binary(.div), [x, divisor])
}
