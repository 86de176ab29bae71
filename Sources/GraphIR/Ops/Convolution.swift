import Diagnostics
import Tensors

/// The geometry of a convolution over the axes after the second.
package struct Convolution: Hashable, Sendable {
  package let strides: [Int]
  /// All begins, then all ends: `[top, left, bottom, right]` for images.
  package let pads: [Int]
  package let dilations: [Int]
  package let groups: Int

  /// - Throws: `QC1007` for strides, dilations or groups below 1, negative pads, or wrong counts.
  package init(
    strides: [Int], pads: [Int], dilations: [Int], groups: Int
  ) throws(Diagnostic) {
    guard pads.count == 2 * strides.count, dilations.count == strides.count, !strides.isEmpty else {
      throw Diagnostic(
        .invalidAttribute,
        "conv with strides \(strides), pads \(pads), dilations \(dilations): counts differ")
    }
    guard strides.allSatisfy({ $0 > 0 }), dilations.allSatisfy({ $0 > 0 }), groups > 0,
      pads.allSatisfy({ $0 >= 0 })
    else {
      throw Diagnostic(
        .invalidAttribute,
        "conv needs positive strides \(strides), dilations \(dilations), groups \(groups) and pads \(pads) of at least 0"
      )
    }
    self.strides = strides
    self.pads = pads
    self.dilations = dilations
    self.groups = groups
  }

  /// The result's shape for x `[n, c, …]` and weights `[o, c/groups, …]`.
  ///
  /// - Throws: `QC1001` when they do not chain or the window does not fit.
  package func resultShape(_ x: Shape, weights: Shape) throws(Diagnostic) -> Shape {
    guard x.rank == strides.count + 2, weights.rank == x.rank else {
      throw Diagnostic(
        .shapeMismatch, "conv over \(strides.count) axes got [\(x)] and weights [\(weights)]")
    }
    guard x[1] == weights[1] * groups, weights[0] % groups == 0 else {
      throw Diagnostic(
        .shapeMismatch,
        "conv with \(groups) groups got \(x[1]) channels and weights [\(weights)]")
    }
    var dims = [x[0], weights[0]]
    for axis in strides.indices {
      let window = Window(
        size: weights[axis + 2], stride: strides[axis], dilation: dilations[axis],
        padBegin: pads[axis], padEnd: pads[axis + strides.count])
      dims.append(try window.resultExtent(x[axis + 2], ceil: false))
    }
    return try Shape(dims)
  }
}

/// A sliding window along one axis.
package struct Window: Hashable, Sendable {
  package let size: Int
  package let stride: Int
  package let dilation: Int
  package let padBegin: Int
  package let padEnd: Int

  package init(size: Int, stride: Int, dilation: Int, padBegin: Int, padEnd: Int) {
    self.size = size
    self.stride = stride
    self.dilation = dilation
    self.padBegin = padBegin
    self.padEnd = padEnd
  }

  /// Elements from the first tap to the last one, both included.
  package var reach: Int { (size - 1) * dilation + 1 }

  /// How many positions the window takes over `extent` elements.
  ///
  /// With `ceil` a last position may hang over the end, if it starts inside data or begin padding.
  package func resultExtent(_ extent: Int, ceil: Bool) throws(Diagnostic) -> Int {
    let room = extent + padBegin + padEnd - reach
    guard size > 0, room >= 0 else {
      throw Diagnostic(
        .shapeMismatch,
        "a window of \(reach) does not fit \(extent) elements padded by \(padBegin) and \(padEnd)")
    }
    guard ceil else { return room / stride + 1 }
    let count = (room + stride - 1) / stride + 1
    return (count - 1) * stride >= extent + padBegin ? count - 1 : count
  }
}
