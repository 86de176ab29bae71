import Diagnostics
import GraphIR
import Tensors

/// Functions of one element, and arithmetic of two.
let elementwiseRules: [ImportRule] =
  [
    unary("Relu", .relu), unary("Sigmoid", .sigmoid, floatOnly: true),
    unary("Tanh", .tanh, floatOnly: true), unary("Exp", .exp, floatOnly: true),
    unary("Log", .log, floatOnly: true), unary("Sqrt", .sqrt, floatOnly: true),
    unary("Reciprocal", .reciprocal, floatOnly: true), unary("Neg", .neg), unary("Abs", .abs),
    unary("Erf", since: 9, .erf), unary("Floor", .floor, floatOnly: true),
    unary("Ceil", .ceil, floatOnly: true), unary("Round", since: 11, .round, floatOnly: true),
    unary("Sign", since: 9, .sign), unary("Sin", .sin, floatOnly: true),
    unary("Cos", .cos, floatOnly: true),
    binary("Add", .add), binary("Sub", .sub), binary("Mul", .mul), binary("Div", .div),
    binary("Pow", .pow), binary("PRelu", .prelu),
    variadic("Min", .min), variadic("Max", .max), variadic("Sum", .add),
    ImportRule("Mean", run: importMean), ImportRule("Mod", since: 10, run: importMod),
    ImportRule("Identity") { importer throws(Diagnostic) in
      importer.setResult(try importer.operand(0))
    },
    ImportRule("Dropout", run: importDropout),
  ]

/// A rule for an op of one operand without attributes.
func unary(
  _ op: String, since: Int = 1, _ function: UnaryFunction, floatOnly: Bool = false
) -> ImportRule {
  ImportRule(op, since: since) { importer throws(Diagnostic) in
    try importer.requireOperands(atMost: 1)
    let x = try importer.operand(0)
    if floatOnly { try importer.requireFloat(x) }
    try importer.emitResult(.unary(function), [x])
  }
}

/// A rule for an op of two operands without attributes.
func binary(_ op: String, since: Int = 1, _ function: BinaryFunction) -> ImportRule {
  ImportRule(op, since: since) { importer throws(Diagnostic) in
    try importer.requireOperands(atMost: 2)
    let operands = [try importer.operand(0), try importer.operand(1)]
    try importer.emitResult(.binary(function), operands)
  }
}

/// A rule for an op of one or more operands that are joined from the left.
private func variadic(_ op: String, _ function: BinaryFunction) -> ImportRule {
  ImportRule(op) { importer throws(Diagnostic) in
    let first = try importer.operand(0)
    guard importer.operandCount > 1 else { return importer.setResult(first) }
    try importer.emitResult(
      .binary(function),
      [
        try importer.joined(function, count: importer.operandCount - 1),
        try importer.operand(importer.operandCount - 1),
      ])
  }
}

extension Importer {
  /// - Throws: `QC1006` when the value is not of a float type.
  func requireFloat(_ id: ValueID) throws(Diagnostic) {
    guard type(id).element.isFloat else {
      throw Diagnostic(
        .elementTypeMismatch, "\(node.opType) does not take \(type(id).element.rawValue)")
    }
  }

  /// The first `count` operands, joined from the left.
  fileprivate mutating func joined(
    _ function: BinaryFunction, count: Int
  ) throws(Diagnostic) -> ValueID {
    var value = try operand(0)
    for index in 1..<max(count, 1) {
      value = try emit(.binary(function), [value, try operand(index)])
    }
    return value
  }

  /// A constant of one element that fits beside `id` in an elementwise op.
  mutating func scalar(_ value: Float, like id: ValueID) throws(Diagnostic) -> ValueID {
    let constant = emitConstant(try Tensor.floats([value], []))
    let element = type(id).element
    return element == .f32 ? constant : try emit(.cast(Cast(element)), [constant])
  }
}

private func importMean(_ importer: inout Importer) throws(Diagnostic) {
  let sum = try importer.joined(.add, count: importer.operandCount)
  try importer.requireFloat(sum)
  let count = try importer.scalar(Float(importer.operandCount), like: sum)
  try importer.emitResult(.binary(.div), [sum, count])
}

private func importMod(_ importer: inout Importer) throws(Diagnostic) {
  try importer.requireOperands(atMost: 2)
  let isFmod = try importer.attributes.bool("fmod", default: false)
  let operands = [try importer.operand(0), try importer.operand(1)]
  guard isFmod || importer.opset >= 28 || !importer.type(operands[0]).element.isFloat else {
    throw Diagnostic(.invalidAttribute, "Mod of floats needs fmod = 1")
  }
  try importer.emitResult(.binary(isFmod ? .fmod : .mod), operands)
}

/// The identity: at inference nothing is dropped.
private func importDropout(_ importer: inout Importer) throws(Diagnostic) {
  importer.attributes.ignore("seed", "ratio")
  let x = try importer.operand(0)
  if let training = try importer.optionalConstantOperand(2, "training_mode"),
    training.integers?.contains(where: { $0 != 0 }) == true
  {
    throw Diagnostic(
      .unsupportedAttribute, "Dropout in training mode is not supported",
      hint: "export the model for inference")
  }
  importer.setResult(x)
  if importer.isRead(1) {
    let all = importer.emitConstant(try Tensor.integers(.bool, .scalar, [1]))
    try importer.emitResult(.expand(Reshape(importer.shape(x))), [all], output: 1)
  }
}
