import Tensors

/// The 8-bit floats E4M3FN and E5M2.
///
/// Source: ONNX `float8`.
package enum Float8Conversion {
  /// The exact value of `bits`.
  package static func float(_ bits: UInt8, from element: ElementType) -> Float {
    format(element).value(of: UInt32(bits))
  }

  /// The nearest number, halves to even.
  ///
  /// - Parameters:
  ///   - x: any number.
  ///   - element: `f8e4m3` or `f8e5m2`.
  ///   - saturates: what is too large, infinities too, becomes the largest finite number; else
  ///     infinity, or NaN in E4M3FN. NaN stays NaN.
  /// - Returns: the bits.
  package static func bits(
    _ x: Double, to element: ElementType, saturates: Bool = true
  ) -> UInt8 {
    UInt8(format(element).bits(of: x, saturates: saturates))
  }

  private static func format(_ element: ElementType) -> BinaryFloatFormat {
    precondition(element == .f8e4m3 || element == .f8e5m2, "\(element) is no 8-bit float")
    return element == .f8e4m3 ? .f8e4m3 : .f8e5m2
  }
}
