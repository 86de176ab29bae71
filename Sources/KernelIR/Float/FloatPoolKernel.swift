import Tensors

/// `maxpoolf` and `avgpoolf` over windows of an f32 image: one chain over the taps on the image.
///
/// Buffers: input, output. A tile is one result row.
package struct FloatPoolKernel: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    case maximum
    /// `padded`: rows and pixels of the input with its padding, begin and end, for
    /// an average that divides by the taps on the padded image; `nil`: by those on the image.
    case average(padded: ConvolutionWindow.Pair?)
  }

  package let input: ImageGeometry
  package let output: ImageGeometry
  package let window: ConvolutionWindow
  package let kind: Kind

  package init(
    input: ImageGeometry, output: ImageGeometry, window: ConvolutionWindow, kind: Kind
  ) {
    precondition(input.element == .f32 && output.element == .f32, "float pooling is f32 to f32")
    precondition(input.batch == output.batch && input.channels == output.channels, "shapes")
    self.input = input
    self.output = output
    self.window = window
    self.kind = kind
  }

  package var spec: KernelSpec {
    switch kind {
    case .maximum: KernelSpec(.floatMaxPool, [.f32, .f32])
    case .average: KernelSpec(.floatAveragePool, [.f32, .f32])
    }
  }

  package func call() -> KernelCall {
    var counted = ConvolutionWindow.Pair(0, 0)
    if case .average(let padded?) = kind { counted = padded }
    let arguments =
      output.extentArguments + input.arguments("input") + output.arguments("output")
      + window.floatArguments(over: input)
      + ["padded_rows": .u32(counted.y), "padded_pixels": .u32(counted.x)]
    return KernelCall(
      spec: spec, arguments: FloatPoolKernel.layout.record(arguments),
      operands: [.input(0), .output], tileCount: output.batch * output.height, scratchBytes: 0,
      work: output.batch * output.height * output.width * output.channels * window.taps)
  }

  package static let layout = ArgumentLayout(
    "qc_poolf_args",
    ArgumentLayout.Field.extents + ArgumentLayout.Field.image("input")
      + ArgumentLayout.Field.image("output") + ArgumentLayout.Field.floatWindow + [
        .init("padded_rows", .u32, "rows of the padded image that count, or 0: only the image's"),
        .init("padded_pixels", .u32, "pixels of a padded row that count"),
      ])
}

extension KernelFamily {
  package static let floatMaxPool = KernelFamily("maxpoolf")
  package static let floatAveragePool = KernelFamily("avgpoolf")
}
