import Foundation

/// How far the values of one output are from a reference's; sums in float64, in order.
package struct OutputDistance: Hashable, Sendable {
  private var elementCount = 0
  private var sampleCount = 0
  private var squaredError = 0.0
  private var squaredReference = 0.0
  private var cosines = 0.0
  /// The largest difference; infinite or NaN as soon as one difference is.
  package private(set) var maxAbsoluteError = 0.0

  package init() {}

  /// Takes in one sample.
  package mutating func add(_ values: [Float], reference: [Float]) {
    precondition(values.count == reference.count, "outputs of different sizes")
    var (error, square, product, mine, largest) = (0.0, 0.0, 0.0, 0.0, maxAbsoluteError)
    values.withUnsafeBufferPointer { values in
      reference.withUnsafeBufferPointer { reference in
        for index in 0..<values.count {
          let (y, r) = (Double(values[index]), Double(reference[index]))
          let difference = y == r ? 0 : y - r
          error += difference * difference
          square += r * r
          product += y * r
          mine += y * y
          let magnitude = abs(difference)
          if magnitude > largest || magnitude.isNaN { largest = magnitude }
        }
      }
    }
    elementCount += values.count
    sampleCount += 1
    squaredError += error
    squaredReference += square
    cosines += Cosine.similarity(product: product, squares: mine, square)
    maxAbsoluteError = largest
  }

  /// `Σ (y - r)² / n`; 0 without elements.
  package var meanSquaredError: Double {
    elementCount == 0 ? 0 : squaredError / Double(elementCount)
  }

  /// `Σ (y - r)² / Σ r²`; 0 where both are 0.
  package var relativeSquaredError: Double {
    squaredError == 0 ? 0 : squaredError / squaredReference
  }

  /// Signal to noise ratio in dB; infinite without an error.
  package var snr: Double {
    squaredError == 0 ? .infinity : 10 * log10(squaredReference / squaredError)
  }

  /// The mean over samples of the cosine between `y` and `r`.
  package var cosine: Double { sampleCount == 0 ? 1 : cosines / Double(sampleCount) }
}

/// The cosine of the angle between two vectors.
enum Cosine {
  static func similarity(_ lhs: [Float], _ rhs: [Float]) -> Double {
    var (product, left, right) = (0.0, 0.0, 0.0)
    for (x, y) in zip(lhs, rhs) {
      product += Double(x) * Double(y)
      left += Double(x) * Double(x)
      right += Double(y) * Double(y)
    }
    return similarity(product: product, squares: left, right)
  }

  /// 1 for two zero vectors, 0 where only one of them is zero.
  static func similarity(product: Double, squares left: Double, _ right: Double) -> Double {
    if left == 0, right == 0 { return 1 }
    if left == 0 || right == 0 { return 0 }
    return product / (left.squareRoot() * right.squareRoot())
  }
}
