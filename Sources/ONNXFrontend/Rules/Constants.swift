import Diagnostics
import GraphIR
import Tensors

/// Ops whose result is known at import, and masks.
let constantRules: [ImportRule] = [
  ImportRule("Constant", run: importConstant),
  ImportRule("ConstantOfShape", since: 9, run: importConstantOfShape),
  ImportRule("CumSum", since: 11, run: importCumSum),
  ImportRule("Range", since: 11, run: importRange),
  ImportRule("Trilu", since: 14, run: importTrilu),
]

/// Constants that an op makes have at most this many elements.
private let constantLimit = 1 << 24

private func importConstant(_ importer: inout Importer) throws(Diagnostic) {
  let tensor: Tensor
  if let value = try importer.attributes.tensor("value") {
    var decoder = TensorDecoder(folder: nil)
    tensor = try decoder.tensor(value)
  } else if let value = try importer.attributes.optionalFloat("value_float") {
    tensor = try Tensor.floats([value], [])
  } else if let values = try importer.attributes.floats("value_floats") {
    tensor = try Tensor.floats(values, [values.count])
  } else if let value = try importer.attributes.optionalInt("value_int") {
    tensor = try Tensor.int64s([Int64(value)], [])
  } else if let values = try importer.attributes.ints("value_ints") {
    tensor = try Tensor.int64s(values.map { Int64($0) }, [values.count])
  } else {
    throw Diagnostic(
      .unsupportedAttribute, "a constant without dense numbers is not supported",
      hint: "strings and sparse tensors are not read")
  }
  importer.emitConstantResult(tensor)
}

private func importConstantOfShape(_ importer: inout Importer) throws(Diagnostic) {
  let shape = try Shape(checked: try importer.intsOperand(0, "shape"))
  var value = try Tensor.floats([0], [])
  if let given = try importer.attributes.tensor("value") {
    var decoder = TensorDecoder(folder: nil)
    let tensor = try decoder.tensor(given)
    guard tensor.shape.elementCount == 1 else {
      throw Diagnostic(.invalidAttribute, "ConstantOfShape with [\(tensor.shape)] values")
    }
    value = try tensor.reshaped(.scalar)
  }
  try importer.emitResult(.expand(Reshape(shape)), [importer.emitConstant(value)])
}

private func importRange(_ importer: inout Importer) throws(Diagnostic) {
  importer.attributes.ignore("stash_type")
  let operands = [
    try importer.constantOperand(0, "start"), try importer.constantOperand(1, "limit"),
    try importer.constantOperand(2, "delta"),
  ]
  let element = operands[0].element
  guard operands.allSatisfy({ $0.shape.elementCount == 1 && $0.element == element }) else {
    throw Diagnostic(.shapeMismatch, "Range takes three scalars of one type")
  }
  if element == .f32 {
    let values = operands.map { $0.floats[0] }
    let count = ((Double(values[1]) - Double(values[0])) / Double(values[2])).rounded(.up)
    guard count.isFinite, count <= Double(constantLimit) else { throw tooLong() }
    let indices = 0..<Int(max(count, 0))
    let result = indices.map { values[0] + Float($0) * values[2] }
    return importer.emitConstantResult(try Tensor.floats(result, [result.count]))
  }
  let values = operands.compactMap { $0.integers?.first }
  guard values.count == 3, values[2] != 0 else {
    throw Diagnostic(.invalidAttribute, "Range of \(element.rawValue) with a step of 0")
  }
  let (distance, overflow) = values[1].subtractingReportingOverflow(values[0])
  guard !overflow, distance != .min, values[2] != .min else { throw tooLong() }
  let step = abs(values[2])
  let length = values[2] > 0 ? distance : -distance
  let count = length <= 0 ? 0 : (length - 1) / step + 1
  guard count <= Int64(constantLimit) else { throw tooLong() }
  let result = (0..<count).map { values[0] + $0 * values[2] }
  importer.emitConstantResult(
    try Tensor.integers(element, try Shape([result.count]), Array(result)))
}

private func tooLong() -> Diagnostic {
  Diagnostic(.shapeOverflow, "the range has more than \(constantLimit) elements")
}

/// A choice between the operand and zero by a constant mask.
private func importTrilu(_ importer: inout Importer) throws(Diagnostic) {
  let x = try importer.operand(0)
  let shape = importer.shape(x)
  let keepsUpper = try importer.attributes.bool("upper", default: true)
  let given = try importer.optionalIntsOperand(1, "k")?.first ?? 0
  guard shape.rank >= 2, shape.dims.suffix(2).allSatisfy({ $0 <= constantLimit }),
    shape.dims.suffix(2).reduce(1, *) <= constantLimit
  else {
    throw Diagnostic(.shapeMismatch, "Trilu of [\(shape)]")
  }
  let (rows, columns) = (shape[shape.rank - 2], shape[shape.rank - 1])
  let diagonal = min(max(given, -rows - 1), columns + 1)
  var mask: [UInt8] = []
  mask.reserveCapacity(rows * columns)
  for row in 0..<rows {
    for column in 0..<columns {
      let kept = keepsUpper ? column >= row + diagonal : column <= row + diagonal
      mask.append(kept ? 1 : 0)
    }
  }
  let kept = importer.emitConstant(try Tensor(.bool, try Shape([rows, columns]), mask))
  let element = importer.type(x).element
  let zero =
    element.isFloat
    ? try importer.scalar(0, like: x)
    : importer.emitConstant(try Tensor.integers(element, .scalar, [0]))
  try importer.emitResult(.select, [kept, x, zero])
}
