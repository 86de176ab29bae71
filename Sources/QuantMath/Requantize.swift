/// A quantized residual that enters an epilogue before rounding.
package struct Residual: Hashable, Sendable {
  /// The stored integer.
  package let value: Int32
  package let zeroPoint: Int32
  /// `residualScale / outputScale`.
  package let multiplier: Float

  package init(value: Int32, zeroPoint: Int32, multiplier: Float) {
    self.value = value
    self.zeroPoint = zeroPoint
    self.multiplier = multiplier
  }
}

/// Rescales an exact integer sum to storage. The reference: every kernel equals it bit for bit.
///
/// - Parameters:
///   - acc: `Σ (lhs - lhsZeroPoint) * rhs + bias`, in units of `lhsScale * rhsScale`.
///   - multiplier: `lhsScale * rhsScale / outputScale`, no unit, 0 or in `[2⁻³², 2⁹⁶)`.
///   - residual: added before rounding, by one fma.
///   - zeroPoint: the output's, added after rounding.
///   - bounds: `qmin...qmax` of the output, narrowed by a fused clamp.
/// - Returns: the output integer, rounded half to even.
package func requantize(
  _ acc: Int32, multiplier: Float, residual: Residual? = nil, zeroPoint: Int32,
  bounds: ClosedRange<Int32>
) -> Int32 {
  var t = Float(acc) * multiplier
  if let residual {
    t = ReferenceMath.fma(
      Float(residual.value - residual.zeroPoint), residual.multiplier, t)
  }
  return roundAndStore(t, zeroPoint: zeroPoint, bounds: bounds)
}

/// The integer bounds of a fused clamp with real bounds: `qmin...qmax` narrowed to the quantized
/// bounds; as quantization is monotonic, clamping integers to them is clamping before it.
package func clampBounds(
  lower: Float?, upper: Float?, scale: Float, zeroPoint: Int32, bounds: ClosedRange<Int32>
) -> ClosedRange<Int32> {
  func stored(_ real: Float) -> Int32 {
    quantize(real, scale: scale, zeroPoint: zeroPoint, bounds: bounds)
  }
  let high = upper.map(stored) ?? bounds.upperBound
  let low = lower.map(stored) ?? bounds.lowerBound
  return min(low, high)...high
}
