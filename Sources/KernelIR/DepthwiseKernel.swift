import Tensors

/// `dwconv`: each channel of a u8 or i16 image with its own s8 window, then an ``Epilogue``.
///
/// Buffers: input, weights, columns (start values, then factors), residual if there is one, output.
package struct DepthwiseKernel: Hashable, Sendable {
  package let input: ImageGeometry
  package let output: ImageGeometry
  package let window: ConvolutionWindow
  package let epilogue: Epilogue

  package init(
    input: ImageGeometry, output: ImageGeometry, window: ConvolutionWindow, epilogue: Epilogue
  ) {
    precondition(input.element.isStoredActivation, "activations are u8 or i16")
    precondition(input.channels == output.channels, "a depthwise convolution keeps its channels")
    precondition(window.fits(input, output), "the input's halo is smaller than its padding")
    precondition(epilogue.factors.count == output.channels, "one factor per channel")
    self.input = input
    self.output = output
    self.window = window
    self.epilogue = epilogue
  }

  package var channels: ChannelLayout {
    ChannelLayout(channels: output.channels, taps: window.taps)
  }

  package var spec: KernelSpec {
    let parameters: [KernelSpec.Parameter] = [
      .init("kh", window.kernel.y), .init("kw", window.kernel.x),
      .init("sy", window.stride.y), .init("sx", window.stride.x),
      .init("dense", window.dilation == ConvolutionWindow.Pair(1, 1) ? 1 : 0),
      .init("wide", output.channels < DepthwiseKernel.widestVector ? 0 : 1),
      .init("tail", output.channels % DepthwiseKernel.widestVector),
    ]
    return KernelSpec(
      .depthwise, [input.element, .i8, output.element], parameters + epilogue.parameters)
  }

  /// The call with weights in the order `[channel][ky][kx]` and with `start`, what the sum of each
  /// channel begins with: see ``ConvolutionKernel/startValues(bias:weights:input:inputZeroPoint:)``.
  package func call(weights: [Int8], start: [Int32]) -> KernelCall {
    precondition(start.count == output.channels, "one start value per channel")
    let padding = [UInt32](repeating: 0, count: channels.paddedChannels - channels.channels)
    let columns =
      start.map(UInt32.init(bitPattern:)) + padding + epilogue.factors.map(\.bitPattern) + padding
    var operands: [KernelCall.Operand] = [
      .input(0), .frame(name: "weights", bytes: channels.pack(weights)),
      .frame(name: "columns", bytes: littleEndianBytes(columns)),
    ]
    if epilogue.residual != nil { operands.append(.input(1)) }
    operands.append(.output)
    let residual: [TileReach?] =
      epilogue.residual.map { [$0.geometry.reach(reading: .rows, of: output)] } ?? []
    return KernelCall(
      spec: spec, arguments: DepthwiseKernel.layout.record(arguments), operands: operands,
      tileCount: output.batch * output.height, scratchBytes: 0,
      work: output.batch * output.height * output.width * channels.byteCount,
      reaches: [input.reach(reading: .rows, window: window, of: output), nil, nil] + residual
        + [output.reach(writing: .rows)])
  }

  private var arguments: ArgumentLayout.Values {
    let values: ArgumentLayout.Values = [
      "row_step": .u32(window.stride.y * input.rowPitch),
      "pixel_step": .u32(window.stride.x * input.pixelPitch),
      "tap_row_step": .u32(window.dilation.y * input.rowPitch),
      "tap_pixel_step": .u32(window.dilation.x * input.pixelPitch),
      "tap_bytes": .u32(channels.paddedChannels),
      "rows_per_chunk": .u32(rows(within: DepthwiseKernel.chunkBytes)),
      "rows_per_pass": .u32(rows(within: DepthwiseKernel.passBytes)),
    ]
    return output.extentArguments + input.arguments("input", origin: window.origin(in: input))
      + output.arguments("output") + output.haloArguments + epilogue.arguments + values
  }

  /// An even number of result rows whose input takes at most `bytes`; at least two.
  private func rows(within bytes: Int) -> Int {
    let rows = bytes / input.rowPitch - window.inputRows(1) + window.stride.y
    return max(1, rows / window.stride.y / 2) * 2
  }

  /// Channels of the widest vector of any target: what is left of them depends on the code.
  private static let widestVector = 64
  /// Input that stays in the first-level cache while the channels go over it.
  private static let chunkBytes = 20_000
  /// Input that stays in the second-level cache, for vectors that take whole lines of a pixel.
  private static let passBytes = 250_000

  package static let layout = ArgumentLayout(
    "qc_dwconv_args",
    ArgumentLayout.Field.extents + ArgumentLayout.Field.image("input")
      + ArgumentLayout.Field.image("output") + ArgumentLayout.Field.halo + Epilogue.fields + [
        .init("row_step", .u32, "input bytes from a result row to the next"),
        .init("pixel_step", .u32, "input bytes from a result pixel to the next"),
        .init("tap_row_step", .u32, "input bytes from a kernel row to the next"),
        .init("tap_pixel_step", .u32, "input bytes from a tap to the one right of it"),
        .init("tap_bytes", .u32, "weights of one tap, padded; also the number of columns"),
        .init("rows_per_chunk", .u32, "result rows whose input fits the first-level cache"),
        .init("rows_per_pass", .u32, "result rows whose input fits the second-level cache"),
      ])
}

extension KernelFamily {
  package static let depthwise = KernelFamily("dwconv")
}
