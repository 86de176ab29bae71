import Diagnostics

/// The extents of a tensor, outermost first; rank 0 is a scalar.
package struct Shape: Hashable, Sendable {
  package let dims: [Int]
  /// The product of the extents; 1 for a scalar, 0 when an extent is 0.
  package let elementCount: Int

  /// At most this many elements, so that no byte count or index can overflow.
  package static let elementLimit = 1 << 40

  /// - Throws: `QC1001` for a negative extent, `QC1011` when the product is beyond ``elementLimit``.
  package init(_ dims: [Int]) throws(Diagnostic) {
    var count = 1
    for dim in dims {
      guard dim >= 0 else {
        throw Diagnostic(.shapeMismatch, "negative extent in shape \(dims)")
      }
      let (product, overflow) = count.multipliedReportingOverflow(by: dim)
      guard !overflow, product <= Shape.elementLimit else {
        throw Diagnostic(.shapeOverflow, "shape \(dims) has too many elements")
      }
      count = product
    }
    self.dims = dims
    elementCount = count
  }

  private init(unchecked dims: [Int], count: Int) {
    self.dims = dims
    elementCount = count
  }

  /// The shape of a single element without axes.
  package static let scalar = Shape(unchecked: [], count: 1)

  package var rank: Int { dims.count }
  package subscript(axis: Int) -> Int { dims[axis] }

  /// Row-major distances, in elements.
  package var strides: [Int] {
    var result = [Int](repeating: 1, count: rank)
    for axis in stride(from: rank - 2, through: 0, by: -1) {
      result[axis] = result[axis + 1] * dims[axis + 1]
    }
    return result
  }

  /// `axis` counted from the front; negative ones count from the back.
  ///
  /// - Throws: `QC1007` when it lies outside the rank.
  package func normalizedAxis(_ axis: Int) throws(Diagnostic) -> Int {
    let front = axis < 0 ? axis + rank : axis
    guard dims.indices.contains(front) else {
      throw Diagnostic(.invalidAttribute, "axis \(axis) is outside of rank \(rank)")
    }
    return front
  }

  /// The common shape of two operands by numpy's rule; `nil` when they do not fit.
  package func broadcast(with other: Shape) -> Shape? {
    let rank = max(rank, other.rank)
    var dims = [Int](repeating: 1, count: rank)
    for back in 1...max(rank, 1) where back <= rank {
      let a = back <= self.rank ? self.dims[self.rank - back] : 1
      let b = back <= other.rank ? other.dims[other.rank - back] : 1
      guard a == b || a == 1 || b == 1 else { return nil }
      dims[rank - back] = a == 1 ? b : a
    }
    return try? Shape(dims)
  }
}

extension Shape: CustomStringConvertible {
  /// `1x3x224x224`; `scalar` for rank 0.
  package var description: String {
    dims.isEmpty ? "scalar" : dims.map(String.init).joined(separator: "x")
  }
}
