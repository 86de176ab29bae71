import Diagnostics
import Tensors

/// Maximum or average over windows of the axes after the second.
package struct Pooling: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable {
    case max, average
  }

  package let kind: Kind
  package let kernel: [Int]
  package let strides: [Int]
  /// All begins, then all ends.
  package let pads: [Int]
  package let dilations: [Int]
  /// A last window may hang over the end.
  package let ceilMode: Bool
  /// An average divides by the window's size also where it covers padding.
  package let countIncludesPad: Bool

  /// - Throws: `QC1007` for wrong counts, values below 1, or padding as large as the window.
  package init(
    _ kind: Kind, kernel: [Int], strides: [Int], pads: [Int], dilations: [Int],
    ceilMode: Bool = false, countIncludesPad: Bool = false
  ) throws(Diagnostic) {
    guard strides.count == kernel.count, pads.count == 2 * kernel.count,
      dilations.count == kernel.count, !kernel.isEmpty
    else {
      throw Diagnostic(
        .invalidAttribute, "pool with kernel \(kernel), strides \(strides), pads \(pads)")
    }
    guard (kernel + strides + dilations).allSatisfy({ $0 > 0 }), pads.allSatisfy({ $0 >= 0 }) else {
      throw Diagnostic(
        .invalidAttribute, "pool needs a positive kernel \(kernel) and strides \(strides)")
    }
    for axis in kernel.indices {
      let reach = (kernel[axis] - 1) * dilations[axis] + 1
      guard pads[axis] < reach, pads[axis + kernel.count] < reach else {
        throw Diagnostic(
          .invalidAttribute, "pool pads \(pads) must be smaller than the kernel \(kernel)")
      }
    }
    self.kind = kind
    self.kernel = kernel
    self.strides = strides
    self.pads = pads
    self.dilations = dilations
    self.ceilMode = ceilMode
    self.countIncludesPad = countIncludesPad
  }

  package func window(_ axis: Int) -> Window {
    Window(
      size: kernel[axis], stride: strides[axis], dilation: dilations[axis],
      padBegin: pads[axis], padEnd: pads[axis + kernel.count])
  }

  package func resultShape(_ x: Shape) throws(Diagnostic) -> Shape {
    guard x.rank == kernel.count + 2 else {
      throw Diagnostic(.shapeMismatch, "pool over \(kernel.count) axes got [\(x)]")
    }
    var dims = [x[0], x[1]]
    for axis in kernel.indices {
      dims.append(try window(axis).resultExtent(x[axis + 2], ceil: ceilMode))
    }
    return try Shape(dims)
  }

  /// Whether the differences of an activation to its zero point, summed over any window, fit int32
  /// for certain.
  package func sumFits(_ x: TensorType) -> Bool {
    guard x.isActivation, let bounds = x.element.integerBounds,
      let zeroPoint = x.quantization?.zeroPoint
    else { return false }
    let zero = Int64(zeroPoint)
    var sum = max(bounds.upperBound - zero, zero - bounds.lowerBound)
    for (size, extent) in zip(kernel, x.shape.dims.dropFirst(2)) {
      let (product, overflow) = sum.multipliedReportingOverflow(by: Int64(min(size, extent)))
      guard !overflow else { return false }
      sum = product
    }
    return sum <= Int64(Int32.max)
  }
}
