extension ArgumentLayout.Field {
  /// The fields of a window that clips its taps itself: see
  /// ``ConvolutionWindow/floatArguments(over:)``.
  package static let floatWindow: [ArgumentLayout.Field] = [
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
  ]
}

extension ConvolutionWindow {
  /// The values of ``ArgumentLayout/Field/floatWindow``.
  package func floatArguments(over input: ImageGeometry) -> ArgumentLayout.Values {
    [
      "input_rows": .u32(input.height), "input_pixels": .u32(input.width),
      "kernel_rows": .u32(kernel.y), "kernel_pixels": .u32(kernel.x),
      "stride_rows": .u32(stride.y), "stride_pixels": .u32(stride.x),
      "dilation_rows": .u32(dilation.y), "dilation_pixels": .u32(dilation.x),
      "padding_rows": .u32(padding.y), "padding_pixels": .u32(padding.x),
    ]
  }
}

/// `a / b`, rounded up.
func ceilDivide(_ a: Int, _ b: Int) -> Int { (a + b - 1) / b }
