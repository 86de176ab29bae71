import Diagnostics
import Tensors

extension Tensor {
  /// An f32 tensor of the same shape.
  func mapFloats(_ transform: (Float) -> Float) throws(Diagnostic) -> Tensor {
    try Tensor(.f32, shape, floats.map(transform))
  }

  /// The elements with axis `i` of the result being axis `permutation[i]` of this f32 tensor.
  func transposedFloats(_ permutation: [Int]) throws(Diagnostic) -> Tensor {
    let result = try Shape(permutation.map { shape[$0] })
    let source = floats
    let strides = permutation.map { shape.strides[$0] }
    let values = result.indices.map { index in
      source[zip(index, strides).reduce(0) { $0 + $1.0 * $1.1 }]
    }
    return try Tensor(.f32, result, values)
  }
}

extension Shape {
  /// All index tuples, row-major.
  fileprivate var indices: [[Int]] {
    let strides = self.strides
    return (0..<elementCount).map { element in
      dims.indices.map { element / strides[$0] % dims[$0] }
    }
  }
}
