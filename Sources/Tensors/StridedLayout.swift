/// Where the elements of a value lie in its storage.
///
/// Every logical axis is a list of factors, outermost first; an element's byte offset is `origin`
/// plus digit times stride over all factors. One factor per axis is an ordinary strided view;
/// several come from reshaping a permuted image, whose bytes then need not move.
package struct StridedLayout: Hashable, Sendable {
  package struct Factor: Hashable, Sendable {
    package var extent: Int
    /// Bytes from one digit to the next.
    package var stride: Int

    package init(extent: Int, stride: Int) {
      self.extent = extent
      self.stride = stride
    }
  }

  /// The factors of each logical axis; an axis of extent 1 has none.
  package private(set) var axes: [[Factor]]
  /// Byte offset of the first element.
  package private(set) var origin: Int

  /// One stride in bytes per axis.
  package init(extents: [Int], strides: [Int], origin: Int = 0) {
    precondition(extents.count == strides.count)
    axes = zip(extents, strides).map { $0 == 1 ? [] : [Factor(extent: $0, stride: $1)] }
    self.origin = origin
  }

  package static func rowMajor(_ shape: Shape, elementBytes: Int) -> StridedLayout {
    StridedLayout(extents: shape.dims, strides: shape.strides.map { $0 * elementBytes })
  }

  private init(axes: [[Factor]], origin: Int) {
    self.axes = axes
    self.origin = origin
  }

  /// Result axis `i` is axis `permutation[i]` of this layout.
  package func transposed(_ permutation: [Int]) -> StridedLayout {
    StridedLayout(axes: permutation.map { axes[$0] }, origin: origin)
  }

  /// The same bytes under another shape; `nil` when an axis would have to be cut unevenly.
  package func reshaped(to shape: Shape) -> StridedLayout? {
    var rest = Array(axes.joined().reversed())  // innermost factor last in, so pop from outermost
    var result: [[Factor]] = []
    for dim in shape.dims {
      var needed = dim
      var factors: [Factor] = []
      while needed > 1 {
        guard let factor = rest.popLast() else { return nil }
        if needed % factor.extent == 0 {
          factors.append(factor)
          needed /= factor.extent
        } else if factor.extent % needed == 0 {
          let inner = factor.extent / needed
          factors.append(Factor(extent: needed, stride: factor.stride * inner))
          rest.append(Factor(extent: inner, stride: factor.stride))
          needed = 1
        } else {
          return nil
        }
      }
      result.append(factors)
    }
    return StridedLayout(axes: result.map(StridedLayout.merged), origin: origin)
  }

  /// Factors that follow each other without a gap become one.
  private static func merged(_ factors: [Factor]) -> [Factor] {
    var result: [Factor] = []
    for factor in factors where factor.extent > 1 {
      if let last = result.last, last.stride == factor.stride * factor.extent {
        result[result.count - 1] = Factor(
          extent: last.extent * factor.extent, stride: factor.stride)
      } else {
        result.append(factor)
      }
    }
    return result
  }

  /// Element `starts[i] + j * steps[i]` along each axis; `nil` when a cut axis has several factors.
  package func sliced(starts: [Int], steps: [Int], sizes: [Int]) -> StridedLayout? {
    var result: [[Factor]] = []
    var origin = origin
    for (axis, factors) in axes.enumerated() {
      let extent = factors.reduce(1) { $0 * $1.extent }
      if starts[axis] == 0, sizes[axis] == extent, steps[axis] == 1 {
        result.append(factors)
        continue
      }
      guard factors.count <= 1 else { return nil }
      let stride = factors.first?.stride ?? 0
      origin += starts[axis] * stride
      result.append(
        sizes[axis] == 1 ? [] : [Factor(extent: sizes[axis], stride: stride * steps[axis])])
    }
    return StridedLayout(axes: result, origin: origin)
  }

  /// One stride per axis (0 for an axis of extent 1); `nil` when an axis has several factors.
  package var strides: [Int]? {
    var result: [Int] = []
    for factors in axes {
      guard factors.count <= 1 else { return nil }
      result.append(factors.first?.stride ?? 0)
    }
    return result
  }

  /// Whether the bytes are those of a row-major array that starts at `origin`.
  package func isRowMajor(elementBytes: Int) -> Bool {
    let factors = StridedLayout.merged(Array(axes.joined()))
    return factors.isEmpty || (factors.count == 1 && factors[0].stride == elementBytes)
  }

  /// All factors, outermost logical axis first.
  package var factors: [Factor] { Array(axes.joined()) }
}
