import Tensors

/// The kernel rows of each result pixel, side by side: a convolution over an image of few channels
/// first copies them together, for some rows of results at a time, and is then a product over
/// single pixels.
///
/// Each kernel row by itself is filled up to whole quads, so that 3 x 3 taps of 3 channels meet 36
/// weights; together they meet 28.
extension ConvolutionKernel {
  /// Bytes that are copied at once.
  private static let copyBytes = 32

  /// Whether fewer products pay for the copies, which no variant makes faster than one product with
  /// 16 columns each.
  package var gathersRows: Bool {
    guard window.kernel.y > 1, groups == 1, rowsAreContiguous, TileSplit.isRows(output) else {
      return false
    }
    let filled = window.kernel.y * ((kernelRowBytes + 3) / 4)
    let copies =
      window.kernel.y
      * ((kernelRowBytes + ConvolutionKernel.copyBytes - 1)
        / ConvolutionKernel.copyBytes)
    return (filled - gatheredQuads) * ((output.channels + 15) / 16) > copies
  }

  /// Bytes of a kernel row.
  private var kernelRowBytes: Int { window.kernel.x * input.channelBytes }
  private var gatheredQuads: Int { (window.kernel.y * kernelRowBytes + 3) / 4 }

  /// What the products run over: the input, or its gathered rows as an image of the result's size,
  /// whose batch still lies as the input's does.
  var source: ImageGeometry {
    guard gathersRows else { return input }
    let pixel = 4 * gatheredQuads
    return ImageGeometry(
      element: input.element, batch: output.batch, height: output.height, width: output.width,
      channels: window.taps * input.channels, halo: .none, haloByte: 0, pixelPitch: pixel,
      rowPitch: output.width * pixel, imagePitch: input.imagePitch, origin: 0)
  }

  /// The window over ``source``.
  var sourceWindow: ConvolutionWindow { gathersRows ? .pixel : window }

  /// Bytes of `rows` gathered rows: the last copy may reach a vector beyond them.
  func gatheredBytes(rows: Int) -> Int {
    gathersRows ? (rows * source.rowPitch + 127) / 64 * 64 : 0
  }

  /// What the copies depend on.
  var gatherParameters: [KernelSpec.Parameter] {
    guard gathersRows else { return [] }
    return [
      .init("gathered", window.kernel.y), .init("run", kernelRowBytes),
      .init("stride", window.stride.x * input.pixelPitch),
    ]
  }
}

extension KernelSpec {
  /// Whether a `conv` gathers the kernel rows of a pixel: `gathered` of them with `run` bytes each,
  /// `stride` input bytes from pixel to pixel.
  package var gathersRows: Bool { parameters.contains { $0.name == "gathered" } }
}
