import Diagnostics
import GraphIR
import Tensors

/// Convolution over any number of axes; over one axis, it becomes one over two.
let convolutionRules: [ImportRule] = [
  ImportRule("Conv") { importer throws(Diagnostic) in
    try importer.requireOperands(atMost: 3)
    var operands = [try importer.operand(0), try importer.operand(1)]
    if let bias = try importer.optionalOperand(2) { operands.append(bias) }
    let window = try importer.convolutionWindow(x: operands[0], weights: operands[1])
    try importer.emitConvolution(operands, window)
  }
]

extension Importer {
  /// Takes the attributes of a convolution, but for the groups.
  mutating func convolutionWindow(
    x: ValueID, weights: ValueID
  ) throws(Diagnostic) -> WindowAttributes {
    let (data, kernels) = (shape(x), shape(weights))
    guard data.rank >= 3, kernels.rank == data.rank else {
      throw Diagnostic(.shapeMismatch, "a convolution of [\(data)] with weights [\(kernels)]")
    }
    let kernel = Array(kernels.dims.dropFirst(2))
    if let given = try attributes.ints("kernel_shape"), given != kernel {
      throw Diagnostic(
        .shapeMismatch, "kernel_shape is \(given), the weights are [\(kernels)]")
    }
    return try WindowAttributes(
      &attributes, kernel: kernel, extents: Array(data.dims.dropFirst(2)))
  }

  /// Takes `group`.
  mutating func takeGroups() throws(Diagnostic) -> Int {
    let groups = try attributes.int("group", default: 1)
    guard (1...WindowAttributes.limit).contains(groups) else {
      throw Diagnostic(.invalidAttribute, "a convolution with \(groups) groups")
    }
    return groups
  }

  /// Takes `group` and makes the node's first output.
  mutating func emitConvolution(
    _ operands: [ValueID], _ window: WindowAttributes
  ) throws(Diagnostic) {
    let groups = try takeGroups()
    let isLine = window.kernel.count == 1
    let used = isLine ? window.withLeadingAxis : window
    let convolution = try Convolution(
      strides: used.strides, pads: used.pads, dilations: used.dilations, groups: groups)
    guard isLine else { return try emitResult(.conv(convolution), operands) }
    var flat = operands
    for index in 0..<2 {
      var dims = shape(operands[index]).dims
      dims.insert(1, at: 2)
      flat[index] = try emitWithLine(operands[index], dims)
    }
    let result = try emit(.conv(convolution), flat)
    var dims = shape(result).dims
    dims.remove(at: 2)
    try emitResult(.reshape(Reshape(try Shape(dims))), [result])
  }

  /// The value under another shape that keeps axis 0. Of quantized constant weights the integers are
  /// reshaped, so that the dequantize stays next to the convolution.
  private mutating func emitWithLine(_ id: ValueID, _ dims: [Int]) throws(Diagnostic) -> ValueID {
    guard case .dequantize = graph.op(id) else { return try emitReshape(id, dims) }
    let source = graph.operand(0, of: id)
    guard let tensor = graph.constant(source), let params = graph.quantization(of: source),
      params.isPerTensor || params.granularity == .perChannel(axis: 0)
    else { return try emitReshape(id, dims) }
    let integers = try tensor.reshaped(try Shape(checked: dims))
    return try emit(.dequantize, [graph.appendConstant(integers, quantization: params)])
  }
}
