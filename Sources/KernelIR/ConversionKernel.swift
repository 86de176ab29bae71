import Tensors

/// `quantize`, `dequantize` and `copy` between two layouts of one value.
///
/// - quantize: f32 to u8 or i16, `clamp(rne(x / scale) + zeroPoint)` with the IEEE quotient; NaN gives qmin
/// - dequantize: u8 or i16 to f32, `float(q - zeroPoint) * scale`
/// - copy: equal element sizes, bytes exclusive-ored with `flip` (0x80 turns i8 into u8)
///
/// Either side may lie in any strided order of the four axes, so a network's NCHW input becomes the
/// NHWC image of its first convolution here, and the halo is filled. Buffers: input, output.
package struct ConversionKernel: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    case quantize(scale: Float, zeroPoint: Int32, bounds: ClosedRange<Int32>)
    case dequantize(scale: Float, zeroPoint: Int32)
    case copy(flip: UInt8)
  }

  /// Where one side lies: bytes from neighbour to neighbour along each axis.
  package struct Strides: Hashable, Sendable {
    package let origin: Int
    package let image: Int
    package let row: Int
    package let pixel: Int
    package let channel: Int

    package init(origin: Int = 0, image: Int, row: Int, pixel: Int, channel: Int) {
      self.origin = origin
      self.image = image
      self.row = row
      self.pixel = pixel
      self.channel = channel
    }

    package init(_ geometry: ImageGeometry) {
      self.init(
        origin: geometry.origin, image: geometry.imagePitch, row: geometry.rowPitch,
        pixel: geometry.pixelPitch, channel: geometry.elementBytes)
    }

    /// `count` rows as one.
    func rows(_ count: Int) -> Strides {
      Strides(
        origin: origin, image: image, row: count * row, pixel: pixel, channel: channel)
    }

    /// A row-major NCHW array with the extents of `geometry`, unpadded.
    package static func planar(_ element: ElementType, like geometry: ImageGeometry) -> Strides {
      let bytes = element.bitWidth / 8
      let plane = geometry.height * geometry.width * bytes
      return Strides(
        image: geometry.channels * plane, row: geometry.width * bytes, pixel: bytes, channel: plane)
    }
  }

  package let kind: Kind
  package let inputElement: ElementType
  package let outputElement: ElementType
  package let input: Strides
  package let output: Strides
  /// Extents and, when the result is an image with a halo, the halo.
  package let shape: ImageGeometry

  /// Into an image: a network input, or a change of layout.
  package init(_ kind: Kind, from input: Strides, _ element: ElementType, to output: ImageGeometry)
  {
    self.init(kind, input, element, Strides(output), output.element, output)
  }

  /// Out of an image: a network output.
  package init(
    _ kind: Kind, from input: ImageGeometry, to output: Strides, _ element: ElementType
  ) {
    let bare = ImageGeometry(
      input.element, batch: input.batch, height: input.height, width: input.width,
      channels: input.channels)
    self.init(kind, Strides(input), input.element, output, element, bare)
  }

  private init(
    _ kind: Kind, _ input: Strides, _ inputElement: ElementType, _ output: Strides,
    _ outputElement: ElementType, _ shape: ImageGeometry
  ) {
    switch kind {
    case .quantize: precondition(inputElement == .f32 && outputElement.isStoredActivation)
    case .dequantize: precondition(inputElement.isStoredActivation && outputElement == .f32)
    case .copy(let flip):
      precondition(inputElement.bitWidth == outputElement.bitWidth)
      precondition(flip == 0 || inputElement.bitWidth == 8, "only bytes are flipped")
    }
    self.kind = kind
    self.inputElement = inputElement
    self.outputElement = outputElement
    self.input = input
    self.output = output
    self.shape = shape
  }
}
