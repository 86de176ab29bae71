import Diagnostics
import Tensors

/// The proof that no int32 sum of a quantized product can overflow.
///
/// A column is one output channel of a convolution or one column of a matrix. The bound holds for
/// every partial sum in every order, from the start value that folds the zero point in; for 8-bit
/// activations as they are stored as u8 and as s8.
package struct AccumulatorProof: Hashable, Sendable {
  /// How the activations are stored.
  package enum Activations: Hashable, Sendable {
    /// 8 bits: the zero point and the smallest and largest integer, as u8.
    case bytes(zeroPoint: Int32, bounds: ClosedRange<Int32> = 0...255)
    /// 16 bits, with zero point 0.
    case words
  }

  /// The largest magnitude that any partial sum of any column can reach.
  package let largestMagnitude: Int64
  /// The column that reaches it.
  package let column: Int
  private let isOfWords: Bool

  /// Bounds the sums of `columns.count` columns.
  ///
  /// - Parameters:
  ///   - columns: the weights of each column.
  ///   - bias: one for each column, or empty.
  ///   - activations: what the weights are multiplied with.
  package init(
    columns: some Sequence<some Sequence<Int8>>, bias: [Int32], activations: Activations
  ) {
    var worst: (magnitude: Int64, column: Int) = (0, 0)
    for (index, column) in columns.enumerated() {
      var sum: Int64 = 0
      var absolute: Int64 = 0
      for weight in column {
        sum += Int64(weight)
        absolute += Int64(weight.magnitude)
      }
      let magnitude = activations.magnitude(
        sum: sum, absolute: absolute, bias: bias.isEmpty ? 0 : Int64(bias[index]))
      if magnitude > worst.magnitude { worst = (magnitude, index) }
    }
    largestMagnitude = worst.magnitude
    column = worst.column
    isOfWords = activations == .words
  }

  /// Every sum fits int32.
  package var holds: Bool { largestMagnitude <= Int64(Int32.max) }

  /// - Throws: `QC3007` when a sum may overflow.
  package func require(at location: String) throws(Diagnostic) {
    guard holds else {
      throw Diagnostic(
        .accumulatorOverflow,
        "column \(column) can sum to \(largestMagnitude), beyond 2^31 - 1", at: location,
        hint: isOfWords
          ? "give this op 8-bit activations, or keep it in float: --keep-float '\(location)'"
          : "keep this op in float: --keep-float '\(location)'")
    }
  }
}

extension AccumulatorProof.Activations {
  /// Of the activation `type`: u8, i8, or i16 with zero point 0.
  package init(_ type: TensorType) {
    let zeroPoint = type.quantization?.zeroPoint ?? 0
    self =
      type.element == .i16
      ? .words : .bytes(zeroPoint: zeroPoint + (type.element == .i8 ? 128 : 0))
  }

  /// The largest magnitude of a partial sum over weights with this sum and sum of magnitudes.
  fileprivate func magnitude(sum: Int64, absolute: Int64, bias: Int64) -> Int64 {
    switch self {
    case .bytes(let zeroPoint, let bounds):
      let asUnsigned = Int64(max(bounds.lowerBound.magnitude, bounds.upperBound.magnitude))
      let asSigned = Int64(
        max((bounds.lowerBound - 128).magnitude, (bounds.upperBound - 128).magnitude))
      let unsigned = asUnsigned * absolute + abs(bias - Int64(zeroPoint) * sum)
      let signed = asSigned * absolute + abs(bias - Int64(zeroPoint - 128) * sum)
      return max(unsigned, signed)
    case .words:
      return 32768 * absolute + abs(bias)
    }
  }
}
