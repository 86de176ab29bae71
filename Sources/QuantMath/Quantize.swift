/// The stored integer for a real number: `clamp(rne(x / scale) + zeroPoint)`.
///
/// - Parameters:
///   - x: the real number; NaN gives the lower bound.
///   - scale: real size of one step.
///   - zeroPoint: added after rounding.
///   - bounds: `qmin...qmax` of the storage type, which the zero point lies in.
/// - Returns: the integer within `bounds`, halves rounded to even.
///
/// Source: ONNX `QuantizeLinear`, opset 25.
package func quantize(
  _ x: Float, scale: Float, zeroPoint: Int32, bounds: ClosedRange<Int32>
) -> Int32 {
  roundAndStore(x / scale, zeroPoint: zeroPoint, bounds: bounds)
}

/// The real number that a stored integer stands for: `float(q − zeroPoint) · scale`.
package func dequantize(_ q: Int32, scale: Float, zeroPoint: Int32) -> Float {
  Float(Int64(q) - Int64(zeroPoint)) * scale
}

/// `rne(clamp(t)) + zeroPoint`: the clamp is done in float, before the conversion can overflow.
func roundAndStore(_ t: Float, zeroPoint: Int32, bounds: ClosedRange<Int32>) -> Int32 {
  let low = Float(Int64(bounds.lowerBound) - Int64(zeroPoint))
  let high = Float(Int64(bounds.upperBound) - Int64(zeroPoint))
  var clamped = t > low ? t : low
  clamped = clamped < high ? clamped : high
  let stored = Int64(clamped.rounded(.toNearestOrEven)) + Int64(zeroPoint)
  return Int32(clamping: stored)
}
