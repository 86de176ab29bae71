import Tensors

/// `maxpool` and `avgpool` over windows of a u8 or i16 image; the result is of the same type, or, of an
/// average, of either or f32.
///
/// The maximum is over stored values (one scale on both sides), clipped taps left out. The average is
/// `clamp(rne(float(Σ (q - zeroPoint)) * multiplier[count]) + resultZeroPoint)` over the `count`
/// taps of a window, or for f32 the product with the multiplier itself; taps outside the image add
/// nothing. Buffers: input, factors (average only: the
/// multiplier for each count, 0 first), output. The input needs no halo.
package struct PoolKernel: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    case maximum
    case average(Average)
  }

  package struct Average: Hashable, Sendable {
    package let inputZeroPoint: Int32
    package let zeroPoint: Int32
    package let bounds: ClosedRange<Int32>
    /// The multiplier for each count of taps, from 0 (unused) to the window's taps.
    package let multipliers: [Float]
    /// Whether taps in the padding count.
    package let countsPadding: Bool

    package init(
      inputZeroPoint: Int32, zeroPoint: Int32, bounds: ClosedRange<Int32>, multipliers: [Float],
      countsPadding: Bool
    ) {
      self.inputZeroPoint = inputZeroPoint
      self.zeroPoint = zeroPoint
      self.bounds = bounds
      self.multipliers = multipliers
      self.countsPadding = countsPadding
    }
  }

  package let input: ImageGeometry
  package let output: ImageGeometry
  package let window: ConvolutionWindow
  package let kind: Kind

  /// A global average has the input's extents as its window's kernel.
  package init(
    input: ImageGeometry, output: ImageGeometry, window: ConvolutionWindow, kind: Kind
  ) {
    precondition(input.element.isStoredActivation, "pooling is of u8 or i16")
    precondition(input.channels == output.channels && input.batch == output.batch, "pooling shapes")
    switch kind {
    case .maximum: precondition(output.element == input.element, "a maximum has its operand's type")
    case .average(let average):
      precondition(
        output.element.isStoredActivation || output.element == .f32, "an average is u8, i16 or f32")
      precondition(average.multipliers.count == window.taps + 1, "a multiplier for each count")
    }
    self.input = input
    self.output = output
    self.window = window
    self.kind = kind
  }

  package var spec: KernelSpec {
    switch kind {
    case .maximum:
      KernelSpec(.maxPool, [input.element, output.element], slides ? slidingParameters : [])
    case .average: KernelSpec(.averagePool, [input.element, output.element])
    }
  }

  /// Whether windows slide along a row: small ones without gaps, each with a tap in the image, and
  /// channels for a vector.
  private var slides: Bool {
    func meets(_ last: Int, _ padding: Int, _ kernel: Int, _ extent: Int) -> Bool {
      kernel <= PoolKernel.slidingTaps && padding < kernel && last - padding < extent
    }
    return kind == .maximum && window.dilation == .init(1, 1)
      && output.channelBytes >= PoolKernel.slidingBytes
      && meets(
        (output.height - 1) * window.stride.y, window.padding.y, window.kernel.y, input.height)
      && meets(
        (output.width - 1) * window.stride.x, window.padding.x, window.kernel.x, input.width)
  }

  private static let slidingTaps = 5
  private static let slidingBytes = 32

  private var slidingParameters: [KernelSpec.Parameter] {
    [
      .init("rows", window.kernel.y), .init("taps", window.kernel.x),
      .init("stride", window.stride.x),
    ]
  }

  package func call() -> KernelCall {
    var operands: [KernelCall.Operand] = [.input(0)]
    if case .average(let average) = kind {
      operands.append(
        .frame(
          name: "factors", bytes: littleEndianBytes(average.multipliers.map(\.bitPattern))))
    }
    operands.append(.output)
    return KernelCall(
      spec: spec, arguments: PoolKernel.layout.record(arguments), operands: operands,
      tileCount: output.batch * output.height,
      scratchBytes: scratchBytes,
      work: output.batch * output.height * output.width * output.channels * window.taps,
      reaches: [input.reach(reading: .rows, window: window, of: output)]
        + [TileReach?](repeating: nil, count: operands.count - 2) + [output.reach(writing: .rows)])
  }

  /// A maximum whose windows do not slide joins their rows before it joins pixels: one row, and what
  /// whole vectors read and write beyond it.
  private var scratchBytes: Int {
    guard case .maximum = kind, !slides else { return 0 }
    return input.width * input.pixelPitch + 2 * PoolKernel.scratchSlack
  }

  /// Bytes of the widest vector.
  private static let scratchSlack = 64

  private var arguments: ArgumentLayout.Values {
    var values: ArgumentLayout.Values = [
      "input_rows": .u32(input.height), "input_pixels": .u32(input.width),
      "kernel_rows": .u32(window.kernel.y), "kernel_pixels": .u32(window.kernel.x),
      "stride_rows": .u32(window.stride.y), "stride_pixels": .u32(window.stride.x),
      "dilation_rows": .u32(window.dilation.y), "dilation_pixels": .u32(window.dilation.x),
      "padding_rows": .u32(window.padding.y), "padding_pixels": .u32(window.padding.x),
      "input_zero_point": .i32(0), "zero_point": .i32(0), "qmin": .i32(0), "qmax": .i32(255),
      "counts_padding": .u32(0),
    ]
    if case .average(let average) = kind {
      values["input_zero_point"] = .i32(average.inputZeroPoint)
      values["zero_point"] = .i32(average.zeroPoint)
      values["qmin"] = .i32(average.bounds.lowerBound)
      values["qmax"] = .i32(average.bounds.upperBound)
      values["counts_padding"] = .u32(average.countsPadding ? 1 : 0)
    }
    return output.extentArguments + input.arguments("input") + output.arguments("output")
      + output.haloArguments + values
  }

  package static let layout = ArgumentLayout(
    "qc_pool_args",
    ArgumentLayout.Field.extents + ArgumentLayout.Field.image("input")
      + ArgumentLayout.Field.image("output") + ArgumentLayout.Field.halo + [
        .init("input_rows", .u32, "rows of an input image"),
        .init("input_pixels", .u32, "pixels of an input row"),
        .init("kernel_rows", .u32, "taps of the window, down"),
        .init("kernel_pixels", .u32, "taps of the window, across"),
        .init("stride_rows", .u32, "input rows from a result row to the next"),
        .init("stride_pixels", .u32, "input pixels from a result pixel to the next"),
        .init("dilation_rows", .u32, "input rows from tap to tap"),
        .init("dilation_pixels", .u32, "input pixels from tap to tap"),
        .init("padding_rows", .u32, "rows of padding above"),
        .init("padding_pixels", .u32, "pixels of padding to the left"),
        .init("input_zero_point", .i32, "subtracted from each tap of an average"),
        .init("zero_point", .i32, "of the result, added after rounding"),
        .init("qmin", .i32, "smallest stored result"),
        .init("qmax", .i32, "largest stored result"),
        .init("counts_padding", .u32, "1 when taps in the padding count"),
      ])
}

extension KernelFamily {
  package static let maxPool = KernelFamily("maxpool")
  package static let averagePool = KernelFamily("avgpool")
}
