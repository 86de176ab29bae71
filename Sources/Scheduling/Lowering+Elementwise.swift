import Diagnostics
import GraphIR
import KernelIR
import QuantMath
import Tensors

extension Lowering {
  /// The order in which an elementwise op stores a rank-4 result: its consumers' wish, else that
  /// of the operand.
  func elementwiseRoles(_ id: ValueID, like operand: View) -> ImageRoles {
    demands[id.index].roles ?? operand.image?.roles ?? .rowMajor
  }

  mutating func lower(_ quantize: Quantize, _ id: ValueID) throws(Diagnostic) {
    guard quantize.params.isPerTensor, Lowering.stored(quantize.element).isStoredActivation else {
      throw Diagnostic(
        .unsupportedKernel, "quantize to \(quantize.element.text(quantize.params))",
        at: location(id))
    }
    let stored = storedParams(quantize.element, quantize.params)
    try convert(
      id,
      .quantize(scale: stored.scale, zeroPoint: stored.zeroPoint, bounds: stored.bounds))
  }

  mutating func lowerDequantize(_ id: ValueID) throws(Diagnostic) {
    let type = graph.type(of: graph.operand(0, of: id))
    guard let params = type.quantization, params.isPerTensor,
      Lowering.stored(type.element).isStoredActivation
    else {
      throw Diagnostic(.unsupportedKernel, "dequantize of \(type)", at: location(id))
    }
    try convert(
      id, .dequantize(scale: params.scale, zeroPoint: Lowering.storedZeroPoint(type)))
  }

  /// A conversion of every element, which may change the layout on the way.
  private mutating func convert(
    _ id: ValueID, _ kind: ConversionKernel.Kind
  ) throws(Diagnostic) {
    let operand = graph.operand(0, of: id)
    let source = try view(operand)
    if source.shape.rank == 4 {
      let roles = elementwiseRoles(id, like: source)
      if let strides = conversionStrides(source, roles) {
        let output = allocateImage(id, roles)
        let kernel = ConversionKernel(kind, from: strides, source.element, to: output)
        return try emit(kernel.call(), [source], makes: id)
      }
    }
    let flat = source.isWholeRowMajor ? source : try rowMajor(source, named: operand)
    _ = allocateRowMajor(id)
    let count = source.shape.elementCount
    let kernel = ConversionKernel(
      kind, from: ConversionKernel.Strides(.matrix(flat.element, rows: 1, columns: count)),
      flat.element, to: .matrix(storedElement(id), rows: 1, columns: count))
    try emit(kernel.call(), [flat], makes: id)
  }

  mutating func lower(_ lookup: Lookup, _ id: ValueID) throws(Diagnostic) {
    let operand = graph.operand(0, of: id)
    let table = storedTable(
      lookup, operandIsSigned: graph.type(of: operand).element == .i8)
    try elementwise(id, [operand], .table(table))
  }

  /// The table from stored byte to stored byte: i8 on either side is moved by 128.
  private func storedTable(_ lookup: Lookup, operandIsSigned: Bool) -> [UInt8] {
    (0..<256).map { index in
      let entry = lookup.table[operandIsSigned ? index ^ 128 : index]
      return lookup.element == .i8 ? entry ^ 128 : entry
    }
  }

  mutating func lower(_ binary: QuantizedBinary, _ id: ValueID) throws(Diagnostic) {
    let operands = graph.operands(of: id)
    guard case .quantized(let element, let params) = binary.result else {
      throw Diagnostic(
        .unsupportedKernel, "a quantized \(binary.function.rawValue) with a float result",
        at: location(id))
    }
    let (lhs, rhs) = (graph.type(of: operands[0]), graph.type(of: operands[1]))
    let stored = storedParams(element, params)
    let scaling = ElementwiseKernel.Scaling(
      lhsZeroPoint: Lowering.storedZeroPoint(lhs), rhsZeroPoint: Lowering.storedZeroPoint(rhs),
      zeroPoint: stored.zeroPoint, bounds: storedBounds(binary.clamp, stored))
    let (lhsScale, rhsScale) = (lhs.quantization?.scale ?? 1, rhs.quantization?.scale ?? 1)
    switch binary.function {
    case .add, .sub:
      let multiplier = try Multiplier.rescale(inputScale: rhsScale, outputScale: params.scale)
      try elementwise(
        id, operands,
        .add(
          scaling,
          lhsMultiplier: try Multiplier.rescale(
            inputScale: lhsScale, outputScale: params.scale),
          rhsMultiplier: binary.function == .sub ? -multiplier : multiplier))
    default:
      try elementwise(
        id, operands,
        .multiply(
          scaling,
          multiplier: try Multiplier.product(
            lhsScale: lhsScale, rhsScale: rhsScale, outputScale: params.scale)))
    }
  }

  private mutating func elementwise(
    _ id: ValueID, _ operands: [ValueID], _ kind: ElementwiseKernel.Kind
  ) throws(Diagnostic) {
    let shape = graph.shape(of: id)
    if let views = try imageOperands(id, operands) {
      let roles = elementwiseRoles(id, like: views[0].view)
      let output = allocateImage(id, roles)
      let kernel = ElementwiseKernel(
        lhs: views[0].geometry, rhs: views.count > 1 ? views[1].geometry : nil, output: output,
        kind: kind)
      return try emit(kernel.call(), views.map(\.view), makes: id)
    }
    let rows = shape.elementCount / max(shape.dims.last ?? 1, 1)
    var views: [View] = []
    var geometries: [ImageGeometry] = []
    for operand in operands {
      let operandShape = graph.shape(of: operand)
      let isWhole = operandShape.elementCount == shape.elementCount
      let columns = isWhole ? shape.dims.last ?? 1 : operandShape.elementCount
      let isRow = columns == 1 || operandShape.dims.last == columns
      guard isWhole || (isRow && operand != operands[0]) else {
        let whole = try expanded(operand, to: shape)
        views.append(whole)
        geometries.append(
          .matrix(whole.element, rows: rows, columns: shape.dims.last ?? 1))
        continue
      }
      let matrix = try matrixOperand(
        operand, rows: isWhole ? rows : 1, columns: columns, anyOrder: false)
      views.append(matrix.view)
      geometries.append(matrix.geometry)
    }
    let output = allocateMatrix(id)
    let kernel = ElementwiseKernel(
      lhs: geometries[0], rhs: geometries.count > 1 ? geometries[1] : nil, output: output,
      kind: kind)
    try emit(kernel.call(), views, makes: id)
  }

  /// The operands as images of one order; `nil` when the result is no image.
  private mutating func imageOperands(
    _ id: ValueID, _ operands: [ValueID]
  ) throws(Diagnostic) -> [(view: View, geometry: ImageGeometry)]? {
    let shape = graph.shape(of: id)
    guard shape.rank == 4, graph.shape(of: operands[0]) == shape else { return nil }
    let first = try view(operands[0])
    let roles = elementwiseRoles(id, like: first)
    var result: [(view: View, geometry: ImageGeometry)] = []
    for operand in operands {
      let other = graph.shape(of: operand)
      let isWhole = other == shape
      guard
        isWhole || (other.rank == 4 && broadcastsAsPixel(other, roles)) || other.elementCount == 1
      else { return nil }
      if isWhole || other.rank == 4 {
        result.append(try image(operand, roles))
      } else {
        let matrix = try matrixOperand(operand, rows: 1, columns: 1)
        result.append((matrix.view, matrix.geometry))
      }
    }
    return result
  }

  /// Whether a shape is one pixel (per image) in these roles.
  private func broadcastsAsPixel(_ shape: Shape, _ roles: ImageRoles) -> Bool {
    shape[roles.height] == 1 && shape[roles.width] == 1
  }
}
