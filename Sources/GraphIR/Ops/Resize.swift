import Diagnostics
import Tensors

/// Interpolation to another size, in the terms of ONNX `Resize`.
package struct Resize: Hashable, Sendable {
  package enum Mode: String, Hashable, Sendable {
    case nearest, linear, cubic
  }
  package enum Coordinates: String, CaseIterable, Hashable, Sendable {
    case halfPixel = "half_pixel"
    case halfPixelSymmetric = "half_pixel_symmetric"
    case pytorchHalfPixel = "pytorch_half_pixel"
    case alignCorners = "align_corners"
    case asymmetric
  }
  package enum Rounding: String, CaseIterable, Hashable, Sendable {
    case roundPreferFloor = "round_prefer_floor"
    case roundPreferCeil = "round_prefer_ceil"
    case floor, ceil
  }

  package let mode: Mode
  package let coordinates: Coordinates
  /// For `nearest`.
  package let rounding: Rounding
  /// Result extent over operand extent, as the model gives it, one per axis.
  package let scales: [Float]
  /// The result's extents.
  package let sizes: [Int]
  /// For `cubic`.
  package let cubicCoefficient: Float
  package let excludesOutside: Bool

  package init(
    _ mode: Mode, coordinates: Coordinates, rounding: Rounding, scales: [Float], sizes: [Int],
    cubicCoefficient: Float = -0.75, excludesOutside: Bool = false
  ) {
    self.mode = mode
    self.coordinates = coordinates
    self.rounding = rounding
    self.scales = scales
    self.sizes = sizes
    self.cubicCoefficient = cubicCoefficient
    self.excludesOutside = excludesOutside
  }

  /// Linear interpolation along height and width alone: what `q.resize` can do.
  package func interpolatesImages(of shape: Shape) -> Bool {
    mode == .linear && !excludesOutside && shape.rank == 4 && sizes.count == 4 && scales.count == 4
      && (0..<2).allSatisfy { sizes[$0] == shape[$0] && scales[$0] == 1 }
      && shape.elementCount > 0
  }
}
