/// The float functions of the arithmetic: exact sequences of IEEE f32 operations.
///
/// Not one calls the C library for more than fma, so that every machine computes the same bits.
package enum ReferenceMath {
  /// `a · b + c`, rounded once.
  package static func fma(_ a: Float, _ b: Float, _ c: Float) -> Float { c.addingProduct(a, b) }

  /// The polynomial with `coefficients`, highest power first, at `x`, as a chain of fma.
  static func horner(_ coefficients: [Float], _ x: Float) -> Float {
    var value = coefficients[0]
    for coefficient in coefficients.dropFirst() { value = fma(value, x, coefficient) }
    return value
  }
}
