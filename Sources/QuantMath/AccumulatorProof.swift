import Diagnostics

/// The proof that no int32 sum of a quantized product can overflow.
///
/// A column is one output channel of a convolution or one column of a matrix. The bound holds for
/// every partial sum in every order, from the start value that folds the zero point in, for
/// activations stored as u8 and the same ones stored as s8.
package struct AccumulatorProof: Hashable, Sendable {
  /// The largest magnitude that any partial sum of any column can reach.
  package let largestMagnitude: Int64
  /// The column that reaches it.
  package let column: Int

  /// Bounds the sums of `columns.count` columns.
  ///
  /// - Parameters:
  ///   - columns: the weights of each column.
  ///   - bias: one for each column, or empty.
  ///   - zeroPoint: of the activations, as u8.
  ///   - activations: the smallest and largest stored activation, as u8.
  package init(
    columns: some Sequence<some Sequence<Int8>>, bias: [Int32], zeroPoint: Int32,
    activations: ClosedRange<Int32> = 0...255
  ) {
    let asUnsigned = Int64(max(activations.lowerBound.magnitude, activations.upperBound.magnitude))
    let asSigned = Int64(
      max((activations.lowerBound - 128).magnitude, (activations.upperBound - 128).magnitude))
    var worst: (magnitude: Int64, column: Int) = (0, 0)
    for (index, column) in columns.enumerated() {
      var sum: Int64 = 0
      var absolute: Int64 = 0
      for weight in column {
        sum += Int64(weight)
        absolute += Int64(weight.magnitude)
      }
      let b = bias.isEmpty ? 0 : Int64(bias[index])
      let unsigned = asUnsigned * absolute + abs(b - Int64(zeroPoint) * sum)
      let signed = asSigned * absolute + abs(b - Int64(zeroPoint - 128) * sum)
      let magnitude = max(unsigned, signed)
      if magnitude > worst.magnitude { worst = (magnitude, index) }
    }
    largestMagnitude = worst.magnitude
    column = worst.column
  }

  /// Every sum fits int32.
  package var holds: Bool { largestMagnitude <= Int64(Int32.max) }

  /// - Throws: `QC3007` when a sum may overflow.
  package func require(at location: String) throws(Diagnostic) {
    guard holds else {
      throw Diagnostic(
        .accumulatorOverflow,
        "column \(column) can sum to \(largestMagnitude), beyond 2^31 - 1", at: location,
        hint: "keep this op in float: --keep-float '\(location)'")
    }
  }
}
