import Diagnostics
import Tensors

extension QuantParams {
  /// Per-tensor parameters that cover a range of real numbers, which is widened to contain 0.
  ///
  /// A range of nothing but 0 gives scale 1.
  /// - Parameters:
  ///   - range: smallest and largest real number; finite.
  ///   - bounds: `qmin...qmax` of the storage type.
  ///   - isSymmetric: zero point 0, scale from the larger magnitude over `qmax`.
  /// - Returns: scale and zero point, by which 0 is exact.
  /// - Throws: `QC3003` for a bound that is not finite, or a scale above 2¹⁰⁰.
  package static func covering(
    _ range: (lower: Float, upper: Float), bounds: ClosedRange<Int32>, isSymmetric: Bool = false
  ) throws(Diagnostic) -> QuantParams {
    guard range.lower.isFinite, range.upper.isFinite else {
      throw Diagnostic(
        .invalidQuantization, "the range \(range.lower)...\(range.upper) is not finite",
        hint: "the tensor had infinite or undefined values during calibration")
    }
    let low = min(Double(range.lower), 0)
    let high = max(Double(range.upper), 0)
    let (qmin, qmax) = (Double(bounds.lowerBound), Double(bounds.upperBound))
    if isSymmetric {
      let extent = max(-low, high)
      let scale = extent == 0 ? 1 : atLeastSmallest(extent / qmax)
      return try QuantParams(scale: scale, zeroPoint: 0)
    }
    guard high > low else { return try QuantParams(scale: 1, zeroPoint: bounds.lowerBound) }
    let scale = atLeastSmallest((high - low) / (qmax - qmin))
    let zero = (qmin - low / Double(scale)).rounded(.toNearestOrEven)
    return try QuantParams(scale: scale, zeroPoint: Int32(min(max(zero, qmin), qmax)))
  }

  private static func atLeastSmallest(_ scale: Double) -> Float {
    max(Float(scale), scaleBounds.lowerBound)
  }
}

extension ElementType {
  /// `qmin...qmax` of a type of at most 32 bits that quantized integers are stored in.
  package var storageBounds: ClosedRange<Int32>? {
    guard let bounds = integerBounds, let low = Int32(exactly: bounds.lowerBound),
      let high = Int32(exactly: bounds.upperBound)
    else { return nil }
    return low...high
  }
}
