import Diagnostics
import GraphIR
import Tensors

/// The operators of the QOperator form, as dequantize, the float op, and quantize.
let quantizedOperatorRules: [ImportRule] = [
  ImportRule("QLinearConv", since: 10, run: importQuantizedConvolution),
  ImportRule("QLinearMatMul", since: 10, run: importQuantizedMatMul),
]

extension Importer {
  /// Operand `index` with the scale and zero point that follow it, as f32.
  fileprivate mutating func dequantizedOperand(
    _ index: Int, axis: Int
  ) throws(Diagnostic) -> ValueID {
    let x = try operand(index)
    let placement = QuantizationPlacement(axis: validAxis(axis, shape(x)), blockSize: 0)
    let steps = try dequantized(
      x, scale: try operand(index + 1), zeroPoint: try operand(index + 2), placement)
    return try emit(steps.op, steps.operands)
  }

  /// Makes the node's first output of `value`, with the scale and zero point at `index`.
  fileprivate mutating func emitQuantizedResult(
    _ value: ValueID, _ index: Int, axis: Int
  ) throws(Diagnostic) {
    let zeroPoint = try operand(index + 1)
    let placement = QuantizationPlacement(axis: validAxis(axis, shape(value)), blockSize: 0)
    try emitQuantized(
      value, as: type(zeroPoint).element, scale: try operand(index), zeroPoint: zeroPoint,
      placement)
  }
}

/// Operands: x, its scale and zero point, weights, theirs, the result's, and a bias.
private func importQuantizedConvolution(_ importer: inout Importer) throws(Diagnostic) {
  try importer.requireOperands(atMost: 9)
  let window = try importer.convolutionWindow(
    x: try importer.operand(0), weights: try importer.operand(3))
  guard window.kernel.count > 1 else {
    throw Diagnostic(.unsupportedAttribute, "QLinearConv over one axis is not supported")
  }
  var operands = [
    try importer.dequantizedOperand(0, axis: 1), try importer.dequantizedOperand(3, axis: 0),
  ]
  if let bias = try importer.optionalOperand(8) {
    let scales = [try importer.operand(1), try importer.operand(4)]
    let product = try importer.emit(.binary(.mul), scales)
    let steps = try importer.dequantized(
      bias, scale: product, zeroPoint: nil, QuantizationPlacement(axis: 0, blockSize: 0))
    operands.append(try importer.emit(steps.op, steps.operands))
  }
  let groups = try importer.takeGroups()
  let convolution = try Convolution(
    strides: window.strides, pads: window.pads, dilations: window.dilations, groups: groups)
  let result = try importer.emit(.conv(convolution), operands)
  try importer.emitQuantizedResult(result, 6, axis: 1)
}

/// Operands: lhs, its scale and zero point, rhs, its, and the result's. A vector of scales lies
/// along the rows of lhs and of the result, and along the columns of rhs.
private func importQuantizedMatMul(_ importer: inout Importer) throws(Diagnostic) {
  try importer.requireOperands(atMost: 8)
  let (lhs, rhs) = (try importer.operand(0), try importer.operand(3))
  let operands = [
    try importer.dequantizedOperand(0, axis: importer.shape(lhs).rank - 2),
    try importer.dequantizedOperand(3, axis: importer.shape(rhs).rank - 1),
  ]
  let result = try importer.emit(.matMul, operands)
  try importer.emitQuantizedResult(result, 6, axis: importer.shape(result).rank - 2)
}
