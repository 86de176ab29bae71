import Diagnostics
import Tensors

extension Shape {
  /// At most this many axes.
  static let rankLimit = 16

  /// A shape that a file or a binding gives; it meets ``requireBounded()``.
  ///
  /// - Throws: `QC1001` for negative extents, `QC1011` for too many elements or axes.
  init(checked dims: [Int]) throws(Diagnostic) {
    try self.init(dims)
    try requireBounded()
  }

  /// Bounds the axes, and the product of all extents but those of 0, so that no sum or product of
  /// some of them overflows.
  ///
  /// - Throws: `QC1011`.
  func requireBounded() throws(Diagnostic) {
    guard rank <= Shape.rankLimit else {
      throw Diagnostic(.shapeOverflow, "a shape with \(rank) axes")
    }
    var product = 1
    for dim in dims {
      let (next, overflow) = product.multipliedReportingOverflow(by: max(dim, 1))
      guard !overflow, next <= Shape.elementLimit else {
        throw Diagnostic(.shapeOverflow, "the extents of the shape \(dims) are too large")
      }
      product = next
    }
  }
}
