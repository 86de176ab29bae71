import Tensors

/// `dwconvf`: f32 convolution of each channel with its own window, a chain of fma in ascending
/// ky, kx; padding takes part as +0.
///
/// Buffers: input, weights `[block of 16 channels][tap][16]`, bias, residual if there is one,
/// output. A tile is one result row.
package struct FloatDepthwiseKernel: Hashable, Sendable {
  package let input: ImageGeometry
  package let output: ImageGeometry
  package let window: ConvolutionWindow
  package let epilogue: FloatEpilogue

  package init(
    input: ImageGeometry, output: ImageGeometry, window: ConvolutionWindow, epilogue: FloatEpilogue
  ) {
    precondition(input.element == .f32 && output.element == .f32, "dwconvf is f32 to f32")
    precondition(input.batch == output.batch && input.channels == output.channels, "shapes")
    self.input = input
    self.output = output
    self.window = window
    self.epilogue = epilogue
  }

  package var spec: KernelSpec {
    KernelSpec(.floatDepthwise, [.f32, .f32, .f32], epilogue.parameters)
  }

  /// The channels are the columns of one group, the taps are k.
  package var panels: FloatPanels {
    FloatPanels(groups: 1, columnsPerGroup: output.channels, depth: window.taps)
  }

  /// The call with weights in ONNX's order, `[channel][ky][kx]`.
  package func call(weights: [Float], bias: [Float]?) -> KernelCall {
    let taps = window.taps
    precondition(weights.count == output.channels * taps, "\(weights.count) weights")
    let bias = epilogue.biasValues(bias, count: output.channels)
    let packed = panels.pack { channel, tap in weights[channel * taps + tap] }
    var operands: [KernelCall.Operand] = [
      .input(0), .frame(name: "weights", bytes: packed),
      .frame(name: "bias", bytes: panels.pack(columns: bias)),
    ]
    if epilogue.residual != nil { operands.append(.input(1)) }
    operands.append(.output)
    let arguments =
      output.extentArguments + input.arguments("input") + output.arguments("output")
      + epilogue.arguments + window.floatArguments(over: input)
    let pixels = output.batch * output.height * output.width
    return KernelCall(
      spec: spec, arguments: FloatDepthwiseKernel.layout.record(arguments), operands: operands,
      tileCount: output.batch * output.height, scratchBytes: 0,
      work: pixels * panels.paddedColumns * taps)
  }

  package static let layout = ArgumentLayout(
    "qc_dwconvf_args",
    ArgumentLayout.Field.extents + ArgumentLayout.Field.image("input")
      + ArgumentLayout.Field.image("output") + FloatEpilogue.fields
      + ArgumentLayout.Field.floatWindow)
}

extension KernelFamily {
  package static let floatDepthwise = KernelFamily("dwconvf")
}
