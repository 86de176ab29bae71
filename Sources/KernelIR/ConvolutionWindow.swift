/// The window of a convolution or pooling over an image.
package struct ConvolutionWindow: Hashable, Sendable {
  /// Vertical and horizontal extents of one property.
  package struct Pair: Hashable, Sendable {
    package let y: Int
    package let x: Int
    package init(_ y: Int, _ x: Int) {
      self.y = y
      self.x = x
    }
  }

  package let kernel: Pair
  package let stride: Pair
  package let dilation: Pair
  /// Pixels before the first: top and left. The other two sides follow from the result's extents.
  package let padding: Pair

  package init(
    kernel: Pair, stride: Pair = Pair(1, 1), dilation: Pair = Pair(1, 1), padding: Pair = Pair(0, 0)
  ) {
    self.kernel = kernel
    self.stride = stride
    self.dilation = dilation
    self.padding = padding
  }

  /// Looks at each pixel alone: a matrix product.
  package static let pixel = ConvolutionWindow(kernel: Pair(1, 1))

  package var taps: Int { kernel.y * kernel.x }

  /// The window over ``ImageGeometry/turned`` images; `nil` when it looks beside its column.
  package var turned: ConvolutionWindow? {
    guard kernel.x == 1, padding.x == 0 else { return nil }
    return ConvolutionWindow(
      kernel: Pair(1, kernel.y), stride: Pair(1, stride.y), dilation: Pair(1, dilation.y),
      padding: Pair(0, padding.y))
  }

  /// The halo that an input of `height` x `width` needs for a result of `rows` x `pixels`.
  package func halo(height: Int, width: Int, rows: Int, pixels: Int) -> ImageGeometry.Halo {
    let lastRow = (rows - 1) * stride.y + (kernel.y - 1) * dilation.y - padding.y
    let lastPixel = (pixels - 1) * stride.x + (kernel.x - 1) * dilation.x - padding.x
    return ImageGeometry.Halo(
      top: padding.y, bottom: max(0, lastRow - (height - 1)),
      left: padding.x, right: max(0, lastPixel - (width - 1)))
  }

  /// Input rows under `rows` result rows.
  package func inputRows(_ rows: Int) -> Int {
    (rows - 1) * stride.y + (kernel.y - 1) * dilation.y + 1
  }

  /// Input pixels under `pixels` result pixels.
  package func inputPixels(_ pixels: Int) -> Int {
    (pixels - 1) * stride.x + (kernel.x - 1) * dilation.x + 1
  }

  /// Whether `input` has the halo that the window needs for `output`.
  package func fits(_ input: ImageGeometry, _ output: ImageGeometry) -> Bool {
    let needed = halo(
      height: input.height, width: input.width, rows: output.height, pixels: output.width)
    return input.batch == output.batch && input.halo.union(needed) == input.halo
  }

  /// The byte of the first tap of the first result pixel.
  package func origin(in input: ImageGeometry) -> Int {
    input.offset(0, -padding.y, -padding.x, 0)
  }
}
