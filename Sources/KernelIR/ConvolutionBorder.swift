import QuantMath
import Tensors

/// A convolution of single taps over a padded image: the results around those of its pixels see
/// padding alone, so they are one pixel, known beforehand, over and over. The kernel computes the
/// results inside and copies that pixel around them, as others fill a halo.
extension ConvolutionKernel {
  /// How far the results of padding reach in; none where they differ or are no bytes.
  static func border(
    _ input: ImageGeometry, _ output: ImageGeometry, _ window: ConvolutionWindow,
    _ epilogue: Epilogue
  ) -> ImageGeometry.Halo {
    guard window.kernel == .init(1, 1), window.stride == .init(1, 1), output.halo.isEmpty,
      input.element == .u8, output.element == .u8,
      case .requantize(_, _, _, residual: nil, activation: nil) = epilogue
    else { return .none }
    return ImageGeometry.Halo(
      top: window.padding.y, bottom: output.height - input.height - window.padding.y,
      left: window.padding.x, right: output.width - input.width - window.padding.x)
  }

  /// The bytes of a result that sees padding alone; none without a border.
  func borderPixel(weights: [Int8], start: [Int32]) -> [UInt8] {
    guard hasBorder, case .requantize(let multipliers, let zeroPoint, let bounds, _, _) = epilogue
    else { return [] }
    let depth = weights.count / output.channels
    return (0..<output.channels).map { column in
      let sum = weights[column * depth..<(column + 1) * depth].reduce(0) { $0 + Int32($1) }
      let stored = requantize(
        start[column] + Int32(input.haloByte) * sum, multiplier: multipliers[column],
        zeroPoint: zeroPoint, bounds: bounds)
      return UInt8(stored)
    }
  }
}

extension ImageGeometry {
  /// The pixels inside of a frame of `border`, around which this image lies as a halo would.
  func inside(_ border: Halo) -> ImageGeometry {
    ImageGeometry(
      element: element, batch: batch, height: height - border.top - border.bottom,
      width: width - border.left - border.right, channels: channels, halo: border, haloByte: 0,
      pixelPitch: pixelPitch, rowPitch: rowPitch, imagePitch: imagePitch,
      origin: offset(0, border.top, border.left, 0))
  }
}

extension KernelSpec {
  /// Whether copies of the pixel behind the factors lie around the result of a `conv`.
  package var isBordered: Bool { parameters.contains { $0.name == "bordered" } }
}
