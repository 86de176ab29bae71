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

  private func clamped(_ axis: Int, _ position: Double) -> Int {
    Int(min(max(position, 0), Double(extents[axis] - 1)))
  }

  /// Whether the axis changes at all.
  func isResized(_ axis: Int) -> Bool {
    resize.sizes[axis] != extents[axis] || resize.scales[axis] != 1
  }

  /// The source position of each result position for `nearest`.
  func nearest(_ axis: Int) -> [Int] {
    guard isResized(axis) else { return Array(0..<extents[axis]) }
    return (0..<resize.sizes[axis]).map { position in
      let x = source(axis, position)
      switch resize.rounding {
      case .roundPreferFloor: return clamped(axis, (x - 0.5).rounded(.up))
      case .roundPreferCeil: return clamped(axis, (x + 0.5).rounded(.down))
      case .floor: return clamped(axis, x.rounded(.down))
      case .ceil: return clamped(axis, x.rounded(.up))
      }
    }
  }

  /// The two source positions of each result position, and the share of the second one.
  func linear(_ axis: Int) -> (positions: [Int], factors: [Float]) {
    var positions: [Int] = []
    var factors: [Float] = []
    for position in 0..<resize.sizes[axis] {
      let x = source(axis, position)
      let floor = x.rounded(.down)
      positions += [clamped(axis, floor), clamped(axis, floor + 1)]
      factors.append(Float(x - floor))
    }
    return (positions, factors)
  }
}
