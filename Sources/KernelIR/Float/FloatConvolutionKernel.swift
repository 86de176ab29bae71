import Tensors

/// `convf`: f32 convolution over NHWC images, each sum a chain of fma in ascending ky, kx, c.
///
/// A product with a constant matrix is the same kernel with ``ConvolutionWindow/pixel`` over
/// ``ImageGeometry/matrix(_:rows:columns:)``. Padding takes part as +0; the input needs no halo.
/// Buffers: input, weights, bias, residual if there is one, output. A tile is
/// ``blockPixels`` result pixels of ``blockPanels`` panels; pixels are counted over all images.
package struct FloatConvolutionKernel: Hashable, Sendable {
  package static let blockPixels = 24
  package static let blockPanels = 4

  package let input: ImageGeometry
  package let output: ImageGeometry
  package let window: ConvolutionWindow
  package let groups: Int
  package let epilogue: FloatEpilogue

  package init(
    input: ImageGeometry, output: ImageGeometry, window: ConvolutionWindow, groups: Int = 1,
    epilogue: FloatEpilogue
  ) {
    precondition(input.element == .f32 && output.element == .f32, "convf is f32 to f32")
    precondition(input.batch == output.batch, "batches differ")
    precondition(input.channels % groups == 0 && output.channels % groups == 0, "\(groups) groups")
    self.input = input
    self.output = output
    self.window = window
    self.groups = groups
    self.epilogue = epilogue
  }

  /// Input channels of one group.
  package var groupDepth: Int { input.channels / groups }

  package var panels: FloatPanels {
    FloatPanels(
      groups: groups, columnsPerGroup: output.channels / groups, depth: window.taps * groupDepth)
  }

  /// Whether the taps of a kernel row meet contiguous bytes where they all lie on the image.
  private var rowsAreContiguous: Bool {
    window.kernel.x == 1
      || (window.dilation.x == 1 && groups == 1 && input.pixelPitch == 4 * input.channels)
  }

  package var spec: KernelSpec {
    KernelSpec(
      .floatConvolution, [.f32, .f32, .f32], epilogue.parameters)
  }

  /// The call with weights in ONNX's order, `[output channel][input channel of the group][ky][kx]`,
  /// and one value of bias per output channel, when the epilogue has one.
  package func call(weights: [Float], bias: [Float]?) -> KernelCall {
    let (depth, taps) = (groupDepth, window.taps)
    precondition(weights.count == output.channels * depth * taps, "\(weights.count) weights")
    return call(bias: bias) { column, k in
      weights[(column * depth + k % depth) * taps + k / depth]
    }
  }

  /// The call of a matrix product; `rhs` is `[k][n]`, row-major.
  package func call(rhs: [Float], bias: [Float]?) -> KernelCall {
    precondition(window == .pixel && groups == 1, "only a matrix product has a rhs")
    precondition(rhs.count == input.channels * output.channels, "\(rhs.count) elements")
    let columns = output.channels
    return call(bias: bias) { column, k in rhs[k * columns + column] }
  }

  private func call(
    bias: [Float]?, weight: (_ column: Int, _ k: Int) -> Float
  ) -> KernelCall {
    let panels = panels
    let bias = epilogue.biasValues(bias, count: output.channels)
    var operands: [KernelCall.Operand] = [
      .input(0), .frame(name: "weights", bytes: panels.pack(weight)),
      .frame(name: "bias", bytes: panels.pack(columns: bias)),
    ]
    if epilogue.residual != nil { operands.append(.input(1)) }
    operands.append(.output)
    let pixels = output.batch * output.height * output.width
    return KernelCall(
      spec: spec, arguments: FloatConvolutionKernel.layout.record(arguments), operands: operands,
      tileCount: pixelBlocks * ceilDivide(panels.panelCount, FloatConvolutionKernel.blockPanels),
      scratchBytes: 4 * groupDepth + 64, work: pixels * panels.paddedColumns * panels.depth)
  }

  private var pixelBlocks: Int {
    ceilDivide(
      output.batch * output.height * output.width, FloatConvolutionKernel.blockPixels)
  }

  package static let layout = ArgumentLayout(
    "qc_convf_args",
    ArgumentLayout.Field.extents + ArgumentLayout.Field.image("input")
      + ArgumentLayout.Field.image("output") + FloatEpilogue.fields
      + ArgumentLayout.Field.floatWindow + [
        .init("depth", .u32, "input channels of one group"),
        .init("group_step", .u32, "input bytes from a group to the next"),
        .init("contiguous", .u32, "1 when the taps of a kernel row meet contiguous bytes"),
        .init("panels", .u32, "panels of 16 columns, all groups"),
        .init("panels_per_group", .u32, "panels of one group"),
        .init("panel_bytes", .u32, "weights of one panel"),
        .init("columns_per_group", .u32, "result channels of one group"),
        .init("pixel_blocks", .u32, "blocks of result pixels, all images"),
      ])

  private var arguments: ArgumentLayout.Values {
    let panels = panels
    let values: ArgumentLayout.Values = [
      "depth": .u32(groupDepth), "group_step": .u32(4 * groupDepth),
      "contiguous": .u32(rowsAreContiguous ? 1 : 0), "panels": .u32(panels.panelCount),
      "panels_per_group": .u32(panels.panelsPerGroup), "panel_bytes": .u32(panels.panelBytes),
      "columns_per_group": .u32(panels.columnsPerGroup), "pixel_blocks": .u32(pixelBlocks),
    ]
    return output.extentArguments + input.arguments("input") + output.arguments("output")
      + epilogue.arguments + window.floatArguments(over: input) + values
  }
}

extension KernelFamily {
  package static let floatConvolution = KernelFamily("convf")
}
