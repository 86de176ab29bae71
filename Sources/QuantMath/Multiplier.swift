import Diagnostics

/// The factors between integer sums and results: computed in fp64, stored as f32.
package enum Multiplier {
  /// Smallest multiplier towards integers that is not 0, and the bound that none reaches.
  package static let smallest: Float = 0x1p-32
  package static let limit: Float = 0x1p+96

  /// `lhsScale * rhsScale / outputScale`, for products that are requantized.
  ///
  /// - Throws: `QC3003` when it is not below 2⁹⁶.
  package static func product(
    lhsScale: Float, rhsScale: Float, outputScale: Float
  ) throws(Diagnostic) -> Float {
    try stored(Double(lhsScale) * Double(rhsScale) / Double(outputScale), smallest: smallest)
  }

  /// `inputScale / outputScale`, for residuals and the operands of a sum.
  ///
  /// - Throws: `QC3003` when it is not below 2⁹⁶.
  package static func rescale(
    inputScale: Float, outputScale: Float
  ) throws(Diagnostic) -> Float {
    try stored(Double(inputScale) / Double(outputScale), smallest: smallest)
  }

  /// `1 / outputScale`, for real values that are requantized. Scales keep it a normal number.
  package static func inverse(_ outputScale: Float) -> Float { Float(1 / Double(outputScale)) }

  /// `inputScale / (outputScale * count)`, for the sum of a window.
  ///
  /// - Throws: `QC3003` when it is not below 2⁹⁶.
  package static func average(
    inputScale: Float, outputScale: Float, count: Int
  ) throws(Diagnostic) -> Float {
    try stored(
      Double(inputScale) / (Double(outputScale) * Double(count)), smallest: smallest)
  }

  /// `lhsScale * rhsScale`, for products whose result is float; for a sum `rhsScale` is 1.
  ///
  /// - Throws: `QC3003` when it is not below 2⁹⁶.
  package static func floatResult(
    lhsScale: Float, rhsScale: Float
  ) throws(Diagnostic) -> Float {
    try stored(Double(lhsScale) * Double(rhsScale), smallest: .leastNormalMagnitude)
  }

  /// `qScale * kScale * scale`, for the scores of attention.
  ///
  /// - Throws: `QC3003` when it is not below 2⁹⁶.
  package static func attentionScores(
    qScale: Float, kScale: Float, scale: Float
  ) throws(Diagnostic) -> Float {
    try stored(Double(qScale) * Double(kScale) * Double(scale), smallest: .leastNormalMagnitude)
  }

  /// `inputScale / count`, for the average of a window whose result is float.
  ///
  /// - Throws: `QC3003` when it is not below 2⁹⁶.
  package static func floatAverage(inputScale: Float, count: Int) throws(Diagnostic) -> Float {
    try stored(Double(inputScale) / Double(count), smallest: .leastNormalMagnitude)
  }

  private static func stored(_ value: Double, smallest: Float) throws(Diagnostic) -> Float {
    let rounded = Float(value)
    if rounded < smallest { return 0 }
    guard rounded < limit else {
      throw Diagnostic(
        .invalidQuantization, "the multiplier \(value) between two scales is not below 2^96",
        hint: "one of the scales is far from those around it; calibrate that tensor again")
    }
    return rounded
  }
}
