import GraphIR

/// Where the elements of one resized axis come from; positions and weights are computed in fp64.
///
/// Source: ONNX `Resize`, opset 19.
struct ResizedAxis {
  let resize: Resize
  /// Of the operand and of the result.
  let extent: Int
  let count: Int
  private let scale: Double

  init(_ resize: Resize, axis: Int, extent: Int) {
    self.resize = resize
    self.extent = extent
    count = resize.sizes[axis]
    scale = Double(resize.scales[axis])
  }

  var isUnchanged: Bool { count == extent && scale == 1 }

  /// The position in the operand of element `index` of the result.
  private func position(_ index: Int) -> Double {
    let x = Double(index)
    switch resize.coordinates {
    case .halfPixel: return (x + 0.5) / scale - 0.5
    case .halfPixelSymmetric:
      let adjustment = Double(count) / (scale * Double(extent))
      let offset = Double(extent) / 2 * (1 - adjustment)
      return offset + (x + 0.5) / scale - 0.5
    case .pytorchHalfPixel: return count > 1 ? (x + 0.5) / scale - 0.5 : 0
    case .alignCorners:
      return count > 1 ? x * Double(extent - 1) / Double(count - 1) : 0
    case .asymmetric: return x / scale
    }
  }

  private func clamped(_ index: Double) -> Int { Int(min(max(index, 0), Double(extent - 1))) }

  /// The element that each result takes.
  func nearest() -> [Int] {
    (0..<count).map { index in
      let x = position(index)
      switch resize.rounding {
      case .roundPreferFloor: return clamped((x - 0.5).rounded(.up))
      case .roundPreferCeil: return clamped((x + 0.5).rounded(.down))
      case .floor: return clamped(x.rounded(.down))
      case .ceil: return clamped(x.rounded(.up))
      }
    }
  }

  /// The two elements that each result lies between, and the second one's share.
  func linear() -> (low: [Int64], high: [Int64], fractions: [Float]) {
    let positions = (0..<count).map { position($0) }
    let floors = positions.map { $0.rounded(.down) }
    return (
      floors.map { Int64(clamped($0)) }, floors.map { Int64(clamped($0 + 1)) },
      zip(positions, floors).map { Float($0 - $1) }
    )
  }

  /// For each result the elements that it is a weighted sum of, and their weights.
  func taps() -> (count: Int, positions: [Int64], weights: [Float]) {
    let tapCount = resize.mode == .cubic ? 4 : 2
    var positions: [Int64] = []
    var weights: [Float] = []
    for index in 0..<count {
      let x = position(index)
      let floor = x.rounded(.down)
      let first = floor - Double(tapCount / 2 - 1)
      var shares = tapCount == 4 ? cubicShares(x - floor) : [1 - (x - floor), x - floor]
      if resize.excludesOutside {
        for tap in shares.indices where !(0...Double(extent - 1)).contains(first + Double(tap)) {
          shares[tap] = 0
        }
        let sum = shares.reduce(0, +)
        shares = shares.map { $0 / sum }
      }
      for (tap, share) in shares.enumerated() {
        positions.append(Int64(clamped(first + Double(tap))))
        weights.append(Float(share))
      }
    }
    return (tapCount, positions, weights)
  }

  /// Keys' cubic convolution weights of the four neighbours of a point `t` behind the second one.
  private func cubicShares(_ t: Double) -> [Double] {
    let a = Double(resize.cubicCoefficient)
    func near(_ d: Double) -> Double { ((a + 2) * d - (a + 3)) * d * d + 1 }
    func far(_ d: Double) -> Double { ((a * d - 5 * a) * d + 8 * a) * d - 4 * a }
    return [far(1 + t), near(t), near(1 - t), far(2 - t)]
  }
}
