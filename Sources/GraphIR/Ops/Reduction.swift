import Diagnostics
import Tensors

/// Reduces over some axes.
package struct Reduction: Hashable, Sendable {
  package enum Kind: String, CaseIterable, Hashable, Sendable {
    case sum, mean, max, min, prod
    case sumOfSquares = "sum_of_squares"
    case l1, l2
  }

  package let kind: Kind
  /// Ascending, counted from the front; empty leaves the operand as it is.
  package let axes: [Int]
  package let keepsAxes: Bool

  package init(_ kind: Kind, axes: [Int], keepsAxes: Bool) {
    self.kind = kind
    self.axes = axes.sorted()
    self.keepsAxes = keepsAxes
  }

  package func resultShape(_ x: Shape) throws(Diagnostic) -> Shape {
    guard axes.allSatisfy({ x.dims.indices.contains($0) }), Set(axes).count == axes.count else {
      throw Diagnostic(.invalidAttribute, "reduce over the axes \(axes) of [\(x)]")
    }
    var dims: [Int] = []
    for (axis, dim) in x.dims.enumerated() {
      if !axes.contains(axis) {
        dims.append(dim)
      } else if keepsAxes {
        dims.append(1)
      }
    }
    return try Shape(dims)
  }
}
