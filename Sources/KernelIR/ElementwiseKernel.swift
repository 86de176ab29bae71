import Tensors

/// `add`, `mul` and `lut` on images, element by element: of u8 or i16, a table of u8.
///
/// - add: `clamp(rne(fma(float(b - zb), mb, float(a - za) * ma)) + z)`
/// - mul: `clamp(rne(float((a - za) * (b - zb)) * ma) + z)`
/// - lut: `table[a]`
///
/// Buffers: a, b (not for lut; then the table frame), output.
package struct ElementwiseKernel: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    case add(Scaling, lhsMultiplier: Float, rhsMultiplier: Float)
    case multiply(Scaling, multiplier: Float)
    /// The result for each stored byte.
    case table([UInt8])
  }

  package struct Scaling: Hashable, Sendable {
    package let lhsZeroPoint: Int32
    package let rhsZeroPoint: Int32
    package let zeroPoint: Int32
    package let bounds: ClosedRange<Int32>

    package init(
      lhsZeroPoint: Int32, rhsZeroPoint: Int32, zeroPoint: Int32, bounds: ClosedRange<Int32>
    ) {
      self.lhsZeroPoint = lhsZeroPoint
      self.rhsZeroPoint = rhsZeroPoint
      self.zeroPoint = zeroPoint
      self.bounds = bounds
    }
  }

  /// How the right operand meets the left one.
  package enum Broadcast: Int, Hashable, Sendable {
    /// Both have the same extents.
    case none = 0
    /// The right operand is one pixel: a value per channel, for all images and pixels.
    case channel = 1
    /// The right operand is one element.
    case scalar = 2
    /// The right operand is one pixel per image: a value per channel (squeeze and excitation).
    case image = 3
  }

  package let lhs: ImageGeometry
  /// `nil` for a table.
  package let rhs: ImageGeometry?
  package let output: ImageGeometry
  package let kind: Kind
  /// The same images with their rows kept apart, where the others join them.
  private let rows: [ImageGeometry]

  package init(lhs: ImageGeometry, rhs: ImageGeometry?, output: ImageGeometry, kind: Kind) {
    let all = [lhs, output] + (rhs.map { [$0] } ?? [])
    precondition(
      all.allSatisfy { $0.element.isStoredActivation }, "elementwise kernels are u8 or i16")
    precondition(
      lhs.channels == output.channels && lhs.width == output.width && lhs.height == output.height
        && lhs.batch == output.batch, "the left operand has the result's extents")
    if case .table(let table) = kind {
      precondition(table.count == 256, "a table has 256 entries")
      precondition(lhs.element == .u8 && output.element == .u8, "a table is of bytes")
    }
    let sameShape = rhs.map { $0.extentArguments == output.extentArguments } ?? true
    let isFlat = sameShape && all.allSatisfy { $0.isGapless }
    self.lhs = isFlat ? lhs.flattened : lhs
    self.rhs = isFlat ? rhs?.flattened : rhs
    self.output = isFlat ? output.flattened : output
    self.kind = kind
    rows = isFlat && TileSplit.isRows(output) ? all : []
  }

  /// The images of `rows`, kept apart.
  private init(rows: [ImageGeometry], kind: Kind) {
    lhs = rows[0]
    output = rows[1]
    rhs = rows.count > 2 ? rows[2] : nil
    self.kind = kind
    self.rows = []
  }

  package var broadcast: Broadcast {
    guard let rhs, rhs.extentArguments != output.extentArguments else { return .none }
    if rhs.channels == 1, rhs.batch == 1 { return .scalar }
    precondition(rhs.channels == output.channels && rhs.height * rhs.width == 1, "a broadcast")
    return rhs.batch == 1 ? .channel : .image
  }

  private var split: TileSplit {
    output.batch == 1 && output.height == 1 && output.halo.isEmpty ? .pixels : .rows
  }

  package var spec: KernelSpec {
    let common: [KernelSpec.Parameter] = [.init("split", split.rawValue)]
    switch kind {
    case .add:
      return KernelSpec(
        .add, elements, common + [.init("broadcast", broadcast.rawValue)])
    case .multiply:
      return KernelSpec(
        .multiply, elements, common + [.init("broadcast", broadcast.rawValue)])
    case .table:
      return KernelSpec(.table, [.u8, .u8], common)
    }
  }

  /// Both operands and the result.
  private var elements: [ElementType] {
    [lhs.element, (rhs ?? lhs).element, output.element]
  }

  package func call() -> KernelCall {
    let second: KernelCall.Operand
    if case .table(let table) = kind {
      second = .frame(name: "table", bytes: table)
    } else {
      second = .input(1)
    }
    let form = form
    return KernelCall(
      spec: form.spec, arguments: form.arguments, operands: [.input(0), second, .output],
      tileCount: form.tileCount, scratchBytes: form.scratchBytes,
      work: output.batch * output.height * output.width * output.channels, reaches: form.reaches,
      byRows: rows.isEmpty ? nil : ElementwiseKernel(rows: rows, kind: kind).form)
  }

  private var form: KernelCall.Form {
    let second = broadcast == .none ? rhs?.reach(reading: split, of: output) : nil
    return KernelCall.Form(
      spec: spec, arguments: ElementwiseKernel.layout.record(arguments),
      tileCount: split.tileCount(for: output, panels: 1), scratchBytes: 0,
      reaches: [lhs.reach(reading: split, of: output), second, output.reach(writing: split)])
  }
}
