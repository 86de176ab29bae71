import Tensors

/// How a value lies in its buffer: NHWC, with halo pixels physically around each image.
///
/// Byte of element (n, y, x, c):
/// `origin + n * imagePitch + y * rowPitch + x * pixelPitch + c * elementBytes`.
/// A tensor that is no image is a ``matrix(_:rows:columns:)``: one image of height 1 whose pixels
/// are the rows, so that a matrix product is a 1x1 convolution over `width` pixels.
package struct ImageGeometry: Hashable, Sendable {
  /// Pixels around the interior that hold the zero point.
  package struct Halo: Hashable, Sendable {
    package var top: Int
    package var bottom: Int
    package var left: Int
    package var right: Int

    package init(top: Int, bottom: Int, left: Int, right: Int) {
      self.top = top
      self.bottom = bottom
      self.left = left
      self.right = right
    }

    package static let none = Halo(top: 0, bottom: 0, left: 0, right: 0)

    package var isEmpty: Bool { self == .none }

    /// The smallest halo that serves both.
    package func union(_ other: Halo) -> Halo {
      Halo(
        top: max(top, other.top), bottom: max(bottom, other.bottom),
        left: max(left, other.left), right: max(right, other.right))
    }
  }

  package let element: ElementType
  package let batch: Int
  package let height: Int
  package let width: Int
  package let channels: Int
  package let halo: Halo
  /// What the producer fills the halo with: the stored zero point.
  package let haloByte: UInt8
  /// Bytes from a pixel to its right neighbour; more than its channels in a part of a concatenation.
  package let pixelPitch: Int
  /// Bytes from a row to the next.
  package let rowPitch: Int
  /// Bytes from an image of the batch to the next.
  package let imagePitch: Int
  /// Byte offset of element (0, 0, 0, 0), the first one of the interior.
  package let origin: Int

  /// Any view of a buffer: pitches in bytes, channels contiguous. The halo is what already stands
  /// around the interior, or what the producer is to fill.
  package init(
    element: ElementType, batch: Int, height: Int, width: Int, channels: Int, halo: Halo,
    haloByte: UInt8, pixelPitch: Int, rowPitch: Int, imagePitch: Int, origin: Int
  ) {
    self.element = element
    self.batch = batch
    self.height = height
    self.width = width
    self.channels = channels
    self.halo = halo
    self.haloByte = haloByte
    self.pixelPitch = pixelPitch
    self.rowPitch = rowPitch
    self.imagePitch = imagePitch
    self.origin = origin
  }

  /// A whole buffer: channels packed, images one after another.
  package init(
    _ element: ElementType, batch: Int, height: Int, width: Int, channels: Int,
    halo: Halo = .none, haloByte: UInt8 = 0
  ) {
    precondition(element.bitWidth % 8 == 0, "images hold whole bytes")
    precondition(
      halo.isEmpty || element.bitWidth == 8 || haloByte == 0, "a halo is filled byte by byte")
    let pixel = channels * element.bitWidth / 8
    let row = (halo.left + width + halo.right) * pixel
    self.init(
      element: element, batch: batch, height: height, width: width, channels: channels, halo: halo,
      haloByte: haloByte, pixelPitch: pixel, rowPitch: row,
      imagePitch: (halo.top + height + halo.bottom) * row,
      origin: halo.top * row + halo.left * pixel)
  }

  /// A row-major matrix, rows contiguous.
  package static func matrix(_ element: ElementType, rows: Int, columns: Int) -> ImageGeometry {
    ImageGeometry(element, batch: 1, height: 1, width: rows, channels: columns)
  }

  package var elementBytes: Int { element.bitWidth / 8 }
  /// Bytes of the channels of one pixel.
  package var channelBytes: Int { channels * elementBytes }

  /// Size of the buffer that holds all images with their halos.
  package var byteCount: Int { batch * imagePitch }

  /// Channels `range` of the same buffer: what one input of a concatenation writes.
  package func channels(_ range: Range<Int>) -> ImageGeometry {
    precondition(range.lowerBound >= 0 && range.upperBound <= channels, "\(range) of \(channels)")
    return ImageGeometry(
      element: element, batch: batch, height: height, width: width, channels: range.count,
      halo: halo, haloByte: haloByte, pixelPitch: pixelPitch, rowPitch: rowPitch,
      imagePitch: imagePitch, origin: origin + range.lowerBound * elementBytes)
  }

  /// The same buffer with each byte of an element as a channel.
  package var asBytes: ImageGeometry {
    ImageGeometry(
      element: .u8, batch: batch, height: height, width: width, channels: channelBytes, halo: halo,
      haloByte: haloByte, pixelPitch: pixelPitch, rowPitch: rowPitch, imagePitch: imagePitch,
      origin: origin)
  }

  /// Whether every pixel follows the one before it without a gap, across rows and images.
  package var isGapless: Bool {
    rowPitch == width * pixelPitch && imagePitch == height * rowPitch
  }

  /// The same bytes as one row of pixels, for a kernel that looks at each pixel alone.
  package var flattened: ImageGeometry {
    precondition(isGapless, "pixels with gaps cannot be one row")
    let pixels = batch * height * width
    return ImageGeometry(
      element: element, batch: 1, height: 1, width: pixels, channels: channels, halo: .none,
      haloByte: haloByte, pixelPitch: pixelPitch, rowPitch: pixels * pixelPitch,
      imagePitch: pixels * pixelPitch, origin: origin)
  }

  /// A column of pixels as the row of the same bytes, along which kernels run; `nil` for an image
  /// that is wider than a pixel, or one pixel only.
  package var turned: ImageGeometry? {
    guard width == 1, height > 1, halo.left == 0, halo.right == 0 else { return nil }
    return ImageGeometry(
      element: element, batch: batch, height: 1, width: height, channels: channels,
      halo: Halo(top: 0, bottom: 0, left: halo.top, right: halo.bottom), haloByte: haloByte,
      pixelPitch: rowPitch, rowPitch: imagePitch, imagePitch: imagePitch, origin: origin)
  }

  /// The offset of element (n, y, x, c), which may lie in the halo.
  package func offset(_ n: Int, _ y: Int, _ x: Int, _ c: Int) -> Int {
    origin + n * imagePitch + y * rowPitch + x * pixelPitch + c * elementBytes
  }
}
