import Tensors

extension ElementType {
  /// `u8<0.02, zp=-3>`, `i8<axis=0, [0.1, 0.2]>` (zero points left out when all are 0), or `f32`.
  package func text(_ params: QuantParams?) -> String {
    guard let params else { return rawValue }
    func list(_ items: [String]) -> String { "[\(items.joined(separator: ", "))]" }
    let scales = list(params.scales.map { "\($0)" })
    let zeroPoints =
      params.isSymmetric ? "" : ", zp=" + list(params.zeroPoints.map { "\($0)" })
    switch params.granularity {
    case .perTensor:
      return "\(rawValue)<\(params.scale)\(params.isSymmetric ? "" : ", zp=\(params.zeroPoint)")>"
    case .perChannel(let axis):
      return "\(rawValue)<axis=\(axis), \(scales)\(zeroPoints)>"
    case .perGroup(let axis, let groupSize):
      return "\(rawValue)<axis=\(axis), group=\(groupSize), \(scales)\(zeroPoints)>"
    }
  }
}

extension TensorType: CustomStringConvertible {
  /// `1x64xu8<0.02, zp=3>`; a scalar has no extents.
  package var description: String {
    (shape.dims.map(String.init) + [element.text(quantization)]).joined(separator: "x")
  }
}
