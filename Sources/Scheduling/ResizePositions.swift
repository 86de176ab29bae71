import GraphIR

/// Where the elements of a resized tensor come from, axis by axis.
///
/// Source: ONNX `Resize`, opset 19, attributes `coordinate_transformation_mode`, `nearest_mode`.
struct ResizePositions {
  private let resize: Resize
  private let extents: [Int]

  init(_ resize: Resize, extents: [Int]) {
    self.resize = resize
    self.extents = extents
  }

  /// The real source position of a result position, computed in fp64.
  private func source(_ axis: Int, _ position: Int) -> Double {
    let (size, extent) = (resize.sizes[axis], extents[axis])
    let scale = Double(resize.scales[axis])
    let x = Double(position)
    switch resize.coordinates {
    case .halfPixel:
      return (x + 0.5) / scale - 0.5
    case .halfPixelSymmetric:
      let adjustment = Double(size) / (scale * Double(extent))
      let offset = Double(extent) / 2 * (1 - adjustment)
      return offset + (x + 0.5) / scale - 0.5
    case .pytorchHalfPixel:
      return size > 1 ? (x + 0.5) / scale - 0.5 : 0
    case .alignCorners:
      return size > 1 ? x * Double(extent - 1) / Double(size - 1) : 0
    case .asymmetric:
      return x / scale
    }
  }

  /// The source position of each result position for `nearest`.
  func nearest(_ axis: Int) -> [Int] {
    (0..<resize.sizes[axis]).map { position in
      if resize.sizes[axis] == extents[axis], resize.scales[axis] == 1 { return position }
      let x = source(axis, position)
      let rounded: Double
      switch resize.rounding {
      case .roundPreferFloor: rounded = x == x.rounded(.down) + 0.5 ? x.rounded(.down) : x.rounded()
      case .roundPreferCeil: rounded = x.rounded(.toNearestOrAwayFromZero)
      case .floor: rounded = x.rounded(.down)
      case .ceil: rounded = x.rounded(.up)
      }
      return min(max(Int(rounded), 0), extents[axis] - 1)
    }
  }
}
