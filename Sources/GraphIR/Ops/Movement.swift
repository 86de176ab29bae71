import Diagnostics
import Tensors

/// To another shape: of as many elements (`reshape`), or by broadcasting (`expand`).
package struct Reshape: Hashable, Sendable {
  package let shape: Shape
  package init(_ shape: Shape) { self.shape = shape }
}

/// Result axis `i` is operand axis `permutation[i]`.
package struct Transpose: Hashable, Sendable {
  package let permutation: [Int]

  /// - Throws: `QC1007` when it is no permutation.
  package init(_ permutation: [Int]) throws(Diagnostic) {
    guard permutation.sorted() == Array(permutation.indices) else {
      throw Diagnostic(.invalidAttribute, "\(permutation) is not a permutation")
    }
    self.permutation = permutation
  }

  package var isIdentity: Bool { permutation == Array(permutation.indices) }
}

/// Joins the operands along one axis.
package struct Concatenation: Hashable, Sendable {
  /// Counted from the front.
  package let axis: Int
  package init(axis: Int) { self.axis = axis }
}

/// Element `starts[i] + j * steps[i]` along every axis, `sizes[i]` of them.
package struct Slice: Hashable, Sendable {
  package let starts: [Int]
  package let steps: [Int]
  package let sizes: [Int]

  package init(starts: [Int], steps: [Int], sizes: [Int]) {
    self.starts = starts
    self.steps = steps
    self.sizes = sizes
  }

  package func resultShape(_ x: Shape) throws(Diagnostic) -> Shape {
    guard starts.count == x.rank, steps.count == x.rank, sizes.count == x.rank else {
      throw Diagnostic(.shapeMismatch, "slice of [\(x)] with starts \(starts)")
    }
    for axis in x.dims.indices where sizes[axis] > 0 {
      let (last, overflow) = (sizes[axis] - 1).multipliedReportingOverflow(by: steps[axis])
      guard !overflow, x.dims[axis] > 0, (0..<x.dims[axis]).contains(starts[axis]),
        (0..<x.dims[axis]).contains(starts[axis] + last)
      else {
        throw Diagnostic(
          .shapeMismatch, "slice of [\(x)]: starts \(starts), steps \(steps), sizes \(sizes)")
      }
    }
    return try Shape(sizes)
  }
}

/// Takes slices along one axis by index.
package struct Gather: Hashable, Sendable {
  /// Counted from the front.
  package let axis: Int
  package init(axis: Int) { self.axis = axis }
}

/// Adds (or, where negative, takes away) elements at both ends of every axis.
package struct Padding: Hashable, Sendable {
  package enum Mode: String, Hashable, Sendable {
    case constant, reflect, edge, wrap
  }

  package let mode: Mode
  /// All begins, then all ends.
  package let pads: [Int]
  /// The real value of new elements; the operand's zero point or a quantized value for integers.
  package let value: Float

  package init(_ mode: Mode, pads: [Int], value: Float) {
    self.mode = mode
    self.pads = pads
    self.value = value
  }

  package func resultShape(_ x: Shape) throws(Diagnostic) -> Shape {
    guard pads.count == 2 * x.rank else {
      throw Diagnostic(.shapeMismatch, "pad of [\(x)] by \(pads)")
    }
    return try Shape(x.dims.indices.map { x.dims[$0] + pads[$0] + pads[$0 + x.rank] })
  }
}
