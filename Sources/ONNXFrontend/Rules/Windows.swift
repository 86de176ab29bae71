import Diagnostics
import GraphIR
import Tensors

/// The attributes that convolution and pooling share, resolved against the operand's extents.
struct WindowAttributes {
  var kernel: [Int]
  var strides: [Int]
  /// All begins, then all ends.
  var pads: [Int]
  var dilations: [Int]

  /// Larger kernels, strides, dilations and pads are refused, so that no position overflows.
  static let limit = 1 << 20

  /// Takes `strides`, `dilations`, `pads` and `auto_pad`, for a window of the extents `kernel` over
  /// axes of the extents `extents`. Without `padsSame`, `auto_pad` computes no pads: the caller does.
  ///
  /// - Throws: `QC1007` for wrong counts or values.
  init(
    _ attributes: inout NodeAttributes, kernel: [Int], extents: [Int], padsSame: Bool = true
  ) throws(Diagnostic) {
    let axes = extents.count
    let ones = [Int](repeating: 1, count: axes)
    self.kernel = kernel
    strides = try attributes.ints("strides") ?? ones
    dilations = try attributes.ints("dilations") ?? ones
    let given = try attributes.ints("pads")
    pads = given ?? [Int](repeating: 0, count: 2 * axes)
    let automatic = try attributes.string("auto_pad", default: "NOTSET")
    guard kernel.count == axes, strides.count == axes, dilations.count == axes,
      pads.count == 2 * axes
    else {
      throw Diagnostic(
        .invalidAttribute,
        "kernel \(kernel), strides \(strides), dilations \(dilations), pads \(pads) of \(axes) axes"
      )
    }
    guard (kernel + strides + dilations).allSatisfy({ (1...WindowAttributes.limit).contains($0) }),
      pads.allSatisfy({ abs($0.clamped) <= WindowAttributes.limit })
    else {
      throw Diagnostic(
        .invalidAttribute,
        "kernel \(kernel), strides \(strides), dilations \(dilations) must be positive")
    }
    switch automatic {
    case "NOTSET": break
    case "VALID": pads = [Int](repeating: 0, count: 2 * axes)
    case "SAME_UPPER", "SAME_LOWER":
      if padsSame { padSame(extents, upper: automatic == "SAME_UPPER") }
    default: throw Diagnostic(.invalidAttribute, "auto_pad has no value '\(automatic)'")
    }
  }

  /// Pads so that the result has `ceil(extent / stride)` elements; an odd one goes to one end.
  private mutating func padSame(_ extents: [Int], upper: Bool) {
    let axes = extents.count
    for axis in 0..<axes {
      let count = (extents[axis] + strides[axis] - 1) / strides[axis]
      let reach = (kernel[axis] - 1) * dilations[axis] + 1
      let total = max(0, (count - 1) * strides[axis] + reach - extents[axis])
      pads[axis] = upper ? total / 2 : total - total / 2
      pads[axis + axes] = total - pads[axis]
    }
  }

  /// The same window over two axes, the first of extent 1.
  var withLeadingAxis: WindowAttributes {
    var copy = self
    copy.kernel.insert(1, at: 0)
    copy.strides.insert(1, at: 0)
    copy.dilations.insert(1, at: 0)
    copy.pads = [0] + pads.prefix(1) + [0] + pads.suffix(1)
    return copy
  }
}

extension Int {
  /// The number, or one beyond every limit, so that its magnitude exists.
  fileprivate var clamped: Int { Swift.max(self, -Int.max) }
}
