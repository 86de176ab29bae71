import Diagnostics
import Tensors

/// A tensor seen as rows over some of its axes: the kept axes in front, the others behind, in
/// their order.
struct RowLayout {
  /// How many rows, and elements of each.
  let rows: Int
  let length: Int
  /// The axes are the last ones, so that they are reduced in 16 lanes.
  let isTrailing: Bool
  private let permutation: [Int]

  init(_ shape: Shape, axes: [Int]) {
    let kept = shape.dims.indices.filter { !axes.contains($0) }
    permutation = kept + axes
    rows = kept.map { shape[$0] }.reduce(1, *)
    length = axes.map { shape[$0] }.reduce(1, *)
    isTrailing = permutation == Array(shape.dims.indices)
  }

  /// The tensor with its rows one after the other.
  func gathered(_ tensor: Tensor) throws(Diagnostic) -> Tensor {
    isTrailing ? tensor : try tensor.transposed(permutation)
  }

  /// Undoes ``gathered(_:)`` for a tensor of `shape`.
  func restored(_ tensor: Tensor, to shape: Shape) throws(Diagnostic) -> Tensor {
    if isTrailing { return tensor }
    var inverse = permutation
    for (position, axis) in permutation.enumerated() { inverse[axis] = position }
    return try tensor.reshaped(Shape(permutation.map { shape[$0] })).transposed(inverse)
  }
}
