import Diagnostics
import GraphIR
import Tensors

/// Quantize and dequantize.
///
/// Constant scales become the quantization of a type; scales that are only known at run time become
/// arithmetic.
let quantizationRules: [ImportRule] = [
  ImportRule("QuantizeLinear", since: 10, run: importQuantize),
  ImportRule("DequantizeLinear", since: 10, run: importDequantize),
]

private func importQuantize(_ importer: inout Importer) throws(Diagnostic) {
  try importer.requireOperands(atMost: 3)
  let given = try importer.operand(0)
  let placement = try importer.quantizationPlacement(importer.shape(given))
  let saturates = try importer.attributes.bool("saturate", default: true)
  importer.attributes.ignore("precision")
  let number = try importer.attributes.int("output_dtype", default: 0)
  let zeroPoint = try importer.optionalOperand(2)
  var element = ElementType.u8
  if let zeroPoint {
    element = importer.type(zeroPoint).element
  } else if number != 0 {
    element = try ElementType(onnx: Int32(clamping: number))
  }
  let x = try importer.asFloat(given)
  try importer.emitQuantized(
    x, as: element, scale: try importer.operand(1), zeroPoint: zeroPoint, placement,
    saturates: saturates)
}

private func importDequantize(_ importer: inout Importer) throws(Diagnostic) {
  try importer.requireOperands(atMost: 3)
  let x = try importer.operand(0)
  let placement = try importer.quantizationPlacement(importer.shape(x))
  let number = try importer.attributes.int("output_dtype", default: 0)
  let scale = try importer.operand(1)
  let element =
    number == 0 ? importer.type(scale).element : try ElementType(onnx: Int32(clamping: number))
  guard element.isFloat, element.bitWidth >= 16 else {
    throw Diagnostic(.elementTypeMismatch, "DequantizeLinear to \(element.rawValue)")
  }
  let zeroPoint = try importer.optionalOperand(2)
  if let zeroPoint, importer.type(zeroPoint).element != importer.type(x).element {
    throw Diagnostic(
      .elementTypeMismatch,
      "a zero point of \(importer.type(zeroPoint).element.rawValue) for \(importer.type(x).element.rawValue)"
    )
  }
  let steps = try importer.dequantized(x, scale: scale, zeroPoint: zeroPoint, placement)
  guard element != .f32 else { return try importer.emitResult(steps.op, steps.operands) }
  let value = try importer.emit(steps.op, steps.operands)
  try importer.emitResult(.cast(Cast(element)), [value])
}

/// Along which axis scales lie, and how many elements share one.
struct QuantizationPlacement {
  /// Counted from the front.
  let axis: Int
  /// 0 when each scale is of one whole slice.
  let blockSize: Int
}

extension Importer {
  /// Takes `axis` and `block_size`.
  func validAxis(_ axis: Int, _ shape: Shape) -> Int {
    let front = axis < 0 ? axis + shape.rank : axis
    return min(max(front, 0), max(shape.rank - 1, 0))
  }

  mutating func quantizationPlacement(
    _ shape: Shape
  ) throws(Diagnostic) -> QuantizationPlacement {
    let axis = try attributes.int("axis", default: 1)
    let blockSize = try attributes.int("block_size", default: 0)
    guard shape.rank <= 1 || (-shape.rank..<shape.rank).contains(axis) else {
      throw Diagnostic(.invalidAttribute, "axis \(axis) is outside of rank \(shape.rank)")
    }
    guard (0...Shape.elementLimit).contains(blockSize) else {
      throw Diagnostic(.invalidAttribute, "block_size is \(blockSize)")
    }
    return QuantizationPlacement(axis: validAxis(axis, shape), blockSize: blockSize)
  }

  mutating func asFloat(_ id: ValueID) throws(Diagnostic) -> ValueID {
    type(id).element == .f32 ? id : try emit(.cast(Cast(.f32)), [id])
  }

  /// Makes the node's first output: integers of `x`.
  mutating func emitQuantized(
    _ x: ValueID, as element: ElementType, scale: ValueID, zeroPoint: ValueID?,
    _ placement: QuantizationPlacement, saturates: Bool = true
  ) throws(Diagnostic) {
    if saturates,
      let params = try constantParams(scale, zeroPoint, of: type(x), placement)
    {
      return try emitResult(.quantize(Quantize(element, params)), [x])
    }
    let step = try aligned(scale, to: shape(x), placement)
    var value = try emit(.binary(.div), [x, step])
    if let bounds = element.integerBounds {
      value = try emit(.unary(.round), [value])
      if let zeroPoint {
        let offset = try aligned(zeroPoint, to: shape(x), placement)
        value = try emit(.binary(.add), [value, offset])
      }
      value = try emit(
        .unary(.clip(lower: Float(bounds.lowerBound), upper: Float(bounds.upperBound))), [value])
    }
    try emitResult(.cast(Cast(element, saturates: saturates)), [value])
  }

  /// The last op that makes f32 numbers of the integers `x`, and its operands.
  mutating func dequantized(
    _ x: ValueID, scale: ValueID, zeroPoint: ValueID?, _ placement: QuantizationPlacement
  ) throws(Diagnostic) -> (op: Op, operands: [ValueID]) {
    if let params = try constantParams(scale, zeroPoint, of: type(x), placement, graph.op(x)),
      let quantized = attach(params, to: x)
    {
      return (.dequantize, [quantized])
    }
    var value = try asFloat(x)
    if let zeroPoint {
      let offset = try aligned(zeroPoint, to: shape(x), placement)
      value = try emit(.binary(.sub), [value, offset])
    }
    return (.binary(.mul), [value, try aligned(scale, to: shape(x), placement)])
  }

  /// Scales or zero points as f32, under a shape that broadcasts to `shape`.
  private mutating func aligned(
    _ id: ValueID, to shape: Shape, _ placement: QuantizationPlacement
  ) throws(Diagnostic) -> ValueID {
    let value = try asFloat(id)
    let own = self.shape(value)
    if own.elementCount == 1 { return try emitReshape(value, []) }
    if own.rank == 1 {
      var dims = [Int](repeating: 1, count: shape.rank)
      guard shape.rank > 0 else { throw mismatch(own, shape) }
      dims[placement.axis] = own.elementCount
      return try emitReshape(value, dims)
    }
    guard own.rank == shape.rank, placement.blockSize > 0 else { throw mismatch(own, shape) }
    var spread = own.dims
    spread.insert(1, at: placement.axis + 1)
    var repeated = spread
    repeated[placement.axis + 1] = placement.blockSize
    var joined = own.dims
    let (extent, overflow) = joined[placement.axis].multipliedReportingOverflow(
      by: placement.blockSize)
    guard !overflow, extent >= shape[placement.axis] else { throw mismatch(own, shape) }
    joined[placement.axis] = extent
    let blocks = try emit(
      .expand(Reshape(try Shape(repeated))), [try emitReshape(value, spread)])
    let rows = try emitReshape(blocks, joined)
    let zeros = [Int](repeating: 0, count: shape.rank)
    let ones = [Int](repeating: 1, count: shape.rank)
    return try emit(.slice(Slice(starts: zeros, steps: ones, sizes: shape.dims)), [rows])
  }

  private func mismatch(_ scales: Shape, _ shape: Shape) -> Diagnostic {
    Diagnostic(.invalidQuantization, "scales of [\(scales)] for a tensor of [\(shape)]")
  }
}
