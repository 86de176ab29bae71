import Diagnostics

/// Affine quantization of one tensor: `real = scale * (q - zeroPoint)`.
///
/// Source: ONNX `QuantizeLinear`, opset 25; Jacob et al. 2018, eq. 1.
package struct QuantParams: Hashable, Sendable {
  package enum Granularity: Hashable, Sendable {
    case perTensor
    case perChannel(axis: Int)
    case perGroup(axis: Int, groupSize: Int)
  }

  package let granularity: Granularity
  /// Real size of one integer step: finite, > 0, in [2⁻¹⁰⁰, 2¹⁰⁰], never its reciprocal.
  package let scales: [Float]
  /// The integer that stands for real 0; all zero means symmetric.
  package let zeroPoints: [Int32]

  /// The range that scales lie in, so that products of them stay among normal numbers.
  package static let scaleBounds: ClosedRange<Float> = 0x1p-100...0x1p100

  /// - Throws: `QC3003` when counts differ or are empty, or a scale is outside ``scaleBounds``.
  package init(
    _ granularity: Granularity, scales: [Float], zeroPoints: [Int32]
  ) throws(Diagnostic) {
    guard scales.count == zeroPoints.count, !scales.isEmpty else {
      throw Diagnostic(
        .invalidQuantization, "\(scales.count) scales and \(zeroPoints.count) zero points")
    }
    if granularity == .perTensor, scales.count != 1 {
      throw Diagnostic(
        .invalidQuantization, "per-tensor quantization with \(scales.count) scales")
    }
    for scale in scales where !QuantParams.scaleBounds.contains(scale) {
      throw Diagnostic(
        .invalidQuantization, "scale \(scale) is not a finite positive number in [2^-100, 2^100]",
        hint: "was the model quantized by a tool that met a constant or a non-finite tensor?")
    }
    self.granularity = granularity
    self.scales = scales
    self.zeroPoints = zeroPoints
  }

  /// One scale and one zero point for the whole tensor.
  package init(scale: Float, zeroPoint: Int32) throws(Diagnostic) {
    try self.init(.perTensor, scales: [scale], zeroPoints: [zeroPoint])
  }

  package var isSymmetric: Bool { zeroPoints.allSatisfy { $0 == 0 } }
  package var isPerTensor: Bool { granularity == .perTensor }
  /// The first scale: the only one when ``isPerTensor``.
  package var scale: Float { scales[0] }
  /// The first zero point: the only one when ``isPerTensor``.
  package var zeroPoint: Int32 { zeroPoints[0] }
}
