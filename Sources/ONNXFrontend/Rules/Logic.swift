import Diagnostics
import GraphIR
import Tensors

/// Comparison, logic, choice and conversion.
let logicRules: [ImportRule] = [
  ImportRule("Not") { importer throws(Diagnostic) in
    let x = try importer.operand(0)
    try importer.requireBool(x)
    try importer.emitResult(.unary(.not), [x])
  },
  logic("And", .and), logic("Or", .or), logic("Xor", .xor),
  binary("Equal", .equal), binary("Less", .less), binary("Greater", .greater),
  binary("LessOrEqual", since: 12, .lessOrEqual),
  binary("GreaterOrEqual", since: 12, .greaterOrEqual),
  ImportRule("IsNaN", since: 9) { importer throws(Diagnostic) in
    let x = try importer.operand(0)
    try importer.requireFloat(x)
    try importer.emitResult(.unary(.not), [try importer.emit(.binary(.equal), [x, x])])
  },
  ImportRule("IsInf", since: 10, run: importIsInf),
  ImportRule("Where", since: 9) { importer throws(Diagnostic) in
    try importer.requireOperands(atMost: 3)
    let operands = [
      try importer.operand(0), try importer.operand(1), try importer.operand(2),
    ]
    try importer.emitResult(.select, operands)
  },
  ImportRule("Cast") { importer throws(Diagnostic) in
    guard let number = try importer.attributes.optionalInt("to") else {
      throw Diagnostic(.invalidAttribute, "Cast needs the attribute 'to'")
    }
    try importer.emitCast(to: try ElementType(onnx: Int32(clamping: number)))
  },
  ImportRule("CastLike", since: 15) { importer throws(Diagnostic) in
    let target = try importer.operand(1)
    try importer.emitCast(to: importer.type(target).element)
  },
]

/// Compares with each infinity that is asked for.
private func importIsInf(_ importer: inout Importer) throws(Diagnostic) {
  let x = try importer.operand(0)
  try importer.requireFloat(x)
  let detectsNegative = try importer.attributes.bool("detect_negative", default: true)
  let detectsPositive = try importer.attributes.bool("detect_positive", default: true)
  let magnitude =
    detectsNegative && detectsPositive ? try importer.emit(.unary(.abs), [x]) : x
  // No number is less than −∞, so an op that is to find nothing finds nothing.
  let (function, limit): (BinaryFunction, Float) =
    detectsPositive
    ? (.equal, .infinity) : (detectsNegative ? .equal : .less, -.infinity)
  try importer.emitResult(
    .binary(function), [magnitude, try importer.scalar(limit, like: x)])
}

private func logic(_ op: String, _ function: BinaryFunction) -> ImportRule {
  ImportRule(op) { importer throws(Diagnostic) in
    let operands = [try importer.operand(0), try importer.operand(1)]
    for operand in operands { try importer.requireBool(operand) }
    try importer.emitResult(.binary(function), operands)
  }
}

extension Importer {
  fileprivate func requireBool(_ id: ValueID) throws(Diagnostic) {
    guard type(id).element == .bool else {
      throw Diagnostic(
        .elementTypeMismatch, "\(node.opType) does not take \(type(id).element.rawValue)")
    }
  }

  fileprivate mutating func emitCast(to element: ElementType) throws(Diagnostic) {
    let saturates = try attributes.bool("saturate", default: true)
    attributes.ignore("round_mode")
    let x = try operand(0)
    if type(x).element == element, type(x).quantization == nil { return setResult(x) }
    try emitResult(.cast(Cast(element, saturates: saturates)), [x])
  }
}
