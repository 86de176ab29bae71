import Diagnostics
import GraphIR
import Tensors

/// Normalizations and softmax.
let normalizationRules: [ImportRule] = [
  ImportRule("BatchNormalization", run: importBatchNormalization),
  ImportRule("LayerNormalization", since: 17, run: importLayerNormalization),
  ImportRule("RMSNormalization", since: 23) { importer throws(Diagnostic) in
    try importer.requireOperands(atMost: 2)
    importer.attributes.ignore("stash_type")
    let operands = [try importer.operand(0), try importer.operand(1)]
    let normalization = try importer.normalization(over: operands[0])
    try importer.emitResult(.rmsNorm(normalization), operands)
  },
  ImportRule("Softmax") { importer throws(Diagnostic) in
    try importer.importSoftmax(.plain)
  },
  ImportRule("LogSoftmax") { importer throws(Diagnostic) in
    try importer.importSoftmax(.log)
  },
]

extension Importer {
  /// Takes `axis` and `epsilon`.
  fileprivate mutating func normalization(over x: ValueID) throws(Diagnostic) -> Normalization {
    try requireFloat(x)
    let axis = try shape(x).normalizedAxis(try attributes.int("axis", default: -1))
    return Normalization(axis: axis, epsilon: try attributes.float("epsilon", default: 1e-5))
  }

  fileprivate mutating func importSoftmax(_ kind: Softmax.Kind) throws(Diagnostic) {
    let x = try operand(0)
    try requireFloat(x)
    let shape = shape(x)
    let axis = try shape.normalizedAxis(
      try attributes.int("axis", default: opset < 13 ? 1 : -1))
    let isOneAxis = shape.dims[(axis + 1)...].allSatisfy { $0 == 1 }
    guard opset < 13, !isOneAxis else {
      return try emitResult(.softmax(Softmax(axis: axis, kind)), [x])
    }
    // Before opset 13, all axes from this one on are normalized together.
    let (rows, columns) = (
      shape.dims[..<axis].reduce(1, *), shape.dims[axis...].reduce(1, *)
    )
    let matrix = try emit(.reshape(Reshape(try Shape([rows, columns]))), [x])
    let result = try emit(.softmax(Softmax(axis: 1, kind)), [matrix])
    try emitResult(.reshape(Reshape(shape)), [result])
  }
}

private func importBatchNormalization(_ importer: inout Importer) throws(Diagnostic) {
  try importer.requireOperands(atMost: 5)
  importer.attributes.ignore("momentum")
  guard try importer.attributes.bool("spatial", default: true) else {
    throw Diagnostic(
      .unsupportedAttribute, "BatchNormalization with statistics per element is not supported",
      hint: "export the model with an opset of 9 or newer")
  }
  let epsilon = try importer.attributes.float("epsilon", default: 1e-5)
  guard try importer.attributes.bool("training_mode", default: false) == false else {
    throw Diagnostic(
      .unsupportedAttribute, "BatchNormalization in training mode is not supported",
      hint: "export the model for inference")
  }
  var operands: [ValueID] = []
  for index in 0..<5 { operands.append(try importer.operand(index)) }
  try importer.emitResult(.batchNorm(BatchNormalization(epsilon: epsilon)), operands)
}

private func importLayerNormalization(_ importer: inout Importer) throws(Diagnostic) {
  try importer.requireOperands(atMost: 3)
  importer.attributes.ignore("stash_type")
  var operands = [try importer.operand(0), try importer.operand(1)]
  if let bias = try importer.optionalOperand(2) { operands.append(bias) }
  let x = operands[0]
  let normalization = try importer.normalization(over: x)
  try importer.emitResult(.layerNorm(normalization), operands)
  guard importer.isRead(1) || importer.isRead(2) else { return }

  // The statistics: the mean, and 1 / sqrt(variance + epsilon).
  let axes = Array(normalization.axis..<importer.shape(x).rank)
  let mean = Reduction(.mean, axes: axes, keepsAxes: true)
  try importer.emitResult(.reduce(mean), [x], output: 1)
  let center = try importer.emit(.reduce(mean), [x])
  let distance = try importer.emit(.binary(.sub), [x, center])
  let square = try importer.emit(.binary(.mul), [distance, distance])
  let variance = try importer.emit(.reduce(mean), [square])
  let epsilon = try importer.scalar(normalization.epsilon, like: x)
  let deviation = try importer.emit(
    .unary(.sqrt), [try importer.emit(.binary(.add), [variance, epsilon])])
  try importer.emitResult(.unary(.reciprocal), [deviation], output: 2)
}
