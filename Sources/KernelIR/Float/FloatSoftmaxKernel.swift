import Tensors

/// `softmaxf`: a softmax of f32 along one axis.
///
/// Along contiguous rows (``Form/rows``), or along an axis whose `inner` neighbours are contiguous
/// (``Form/columns``, one chain). Buffers: input, output, which may be the same.
package struct FloatSoftmaxKernel: Hashable, Sendable {
  package enum Form: Hashable, Sendable {
    /// `order`: ``ReduceKernel/Order/lanes`` when the axis is the last one of the logical tensor.
    case rows(order: ReduceKernel.Order)
    case columns(inner: Int)
  }

  package enum Kind: Int, CaseIterable, Hashable, Sendable {
    case plain = 0
    case log = 1
    /// +0 for NaN.
    case safe = 2
  }

  package let form: Form
  package let kind: Kind
  /// Elements along the axis.
  package let count: Int
  package let outer: Int
  /// Bytes from one outer position to the next.
  package let inputPitch: Int
  package let outputPitch: Int

  package init(
    _ form: Form, _ kind: Kind = .plain, outer: Int, count: Int, inputPitch: Int? = nil,
    outputPitch: Int? = nil
  ) {
    precondition(outer > 0 && count > 0, "an empty softmax")
    self.form = form
    self.kind = kind
    self.count = count
    self.outer = outer
    var inner = 1
    if case .columns(let columns) = form { inner = columns }
    self.inputPitch = inputPitch ?? 4 * count * inner
    self.outputPitch = outputPitch ?? 4 * count * inner
  }

  /// Up to so many elements, rows are computed 16 at a time, one to a lane.
  package static let shortCount = 8

  private var isShort: Bool {
    guard case .rows = form else { return false }
    return count <= FloatSoftmaxKernel.shortCount && outer >= 8 && inputPitch == 4 * count
      && outputPitch == 4 * count
  }

  package var spec: KernelSpec {
    let (columns, lanes) =
      switch form {
      case .rows(let order): (0, order.rawValue)
      case .columns: (1, 0)
      }
    return KernelSpec(
      .floatSoftmax, [.f32, .f32],
      [
        .init("columns", columns), .init("lanes", lanes), .init("kind", kind.rawValue),
        .init("short", isShort ? count : 0),
      ])
  }

  package func call() -> KernelCall {
    var inner = 1
    if case .columns(let columns) = form { inner = columns }
    let values: ArgumentLayout.Values = [
      "outer": .u32(outer), "count": .u32(count), "inner": .u32(inner),
      "inner_tiles": .u32(ceilDivide(inner, 16)), "input_pitch": .u32(inputPitch),
      "output_pitch": .u32(outputPitch),
    ]
    return KernelCall(
      spec: spec, arguments: FloatSoftmaxKernel.layout.record(values),
      operands: [.input(0), .output],
      tileCount: isShort ? ceilDivide(outer, 16) : outer * ceilDivide(inner, 16), scratchBytes: 0,
      work: outer * count * inner * 16)
  }

  package static let layout = ArgumentLayout(
    "qc_softmaxf_args",
    [
      .init("outer", .u32, "positions before the axis"),
      .init("count", .u32, "elements along the axis"),
      .init("inner", .u32, "contiguous elements after the axis"),
      .init("inner_tiles", .u32, "blocks of 16 of them"),
      .init("input_pitch", .u32, "input bytes from outer position to outer position"),
      .init("output_pitch", .u32, "result bytes likewise"),
    ])
}

extension KernelFamily {
  package static let floatSoftmax = KernelFamily("softmaxf")
}
