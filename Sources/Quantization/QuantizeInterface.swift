import Diagnostics
import GraphIR
import QuantMath
import Tensors

/// Gives float inputs and outputs the 8-bit type that the recipe asks for.
///
/// - Applies: to every f32 input and output that has a range or already is quantized.
/// - Throws: `QC3001` for an output without a range.
func quantizeInterface(recipe: Recipe, ranges: @escaping RangeTable) -> Pass {
  Pass("quantize-interface") { graph throws(Diagnostic) in
    guard let element = recipe.interface.element, let bounds = element.storageBounds else { return }
    for input in graph.inputs where graph.type(of: input).element == .f32 {
      try graph.quantizeInput(input, element, bounds, ranges)
    }
    for (index, output) in graph.outputs.enumerated()
    where graph.type(of: output.value).element == .f32 {
      let integers = try graph.quantizedOutput(output, element, bounds, ranges)
      graph.setOutput(index, to: integers)
    }
    try graph.compact()
  }
}

extension Graph {
  /// Lets the input be integers, and everything that used it read them.
  fileprivate mutating func quantizeInput(
    _ input: ValueID, _ element: ElementType, _ bounds: ClosedRange<Int32>, _ ranges: RangeTable
  ) throws(Diagnostic) {
    let users = uses()[input.index]
    let quantizers = users.map(\.user).filter { user in
      if case .quantize = op(user) { true } else { false }
    }
    var params: QuantParams?
    if let first = quantizers.first, case .quantize(let quantize) = op(first),
      let own = quantize.element.storageBounds, own.count == bounds.count
    {
      let shift = bounds.lowerBound - own.lowerBound
      params = try QuantParams(
        scale: quantize.params.scale, zeroPoint: quantize.params.zeroPoint + shift)
    } else if let range = ranges(self[input].name) {
      params = try QuantParams.covering((range.lowerBound, range.upperBound), bounds: bounds)
    }
    guard let params else { return }
    setType(TensorType(element, shape(of: input), params), of: input)
    let real = try append(.dequantize, [input])
    for use in users {
      if case .quantize(let quantize) = op(use.user), quantize == Quantize(element, params) {
        replaceUses(of: use.user, with: input)
      } else {
        setOperand(use.operandIndex, of: use.user, to: real)
      }
    }
    for (index, output) in outputs.enumerated() where output.value == input {
      setOutput(index, to: real)
    }
  }

  /// The integers that are put out in place of a float value.
  fileprivate mutating func quantizedOutput(
    _ output: Output, _ element: ElementType, _ bounds: ClosedRange<Int32>, _ ranges: RangeTable
  ) throws(Diagnostic) -> ValueID {
    if case .dequantize = op(output.value), case let source = operand(0, of: output.value),
      type(of: source).element == element
    {
      return source
    }
    guard let range = ranges(self[output.value].name) ?? ranges(output.name) else {
      throw Diagnostic(
        .missingCalibration, "the calibration table has no range for this output",
        at: "'\(output.name)'",
        hint: "run: quantc calibrate <model> --input <name>=<samples.npy>")
    }
    let params = try QuantParams.covering((range.lowerBound, range.upperBound), bounds: bounds)
    return try append(.quantize(Quantize(element, params)), [output.value])
  }
}
