/// One call of one kernel, ready to become a step of a ``Program``.
package struct KernelCall: Hashable, Sendable {
  /// What a buffer of the call is, in the order in which the kernel takes them.
  package enum Operand: Hashable, Sendable {
    /// The op's `n`-th activation operand (0 is the main one, a residual comes after).
    case input(Int)
    /// Constant bytes that the call needs, under a name that is unique in the call.
    case frame(name: String, bytes: [UInt8])
    case output
    /// A second result, of another type, that the same call writes.
    case sideOutput
  }

  /// A way to divide the same result into tiles, over the same operands.
  package struct Form: Hashable, Sendable {
    let spec: KernelSpec
    let arguments: [UInt8]
    let tileCount: Int
    let scratchBytes: Int
    let reaches: [TileReach?]
  }

  package let spec: KernelSpec
  package let arguments: [UInt8]
  package let operands: [Operand]
  /// Pieces of the output that can be computed in any order and on any thread.
  package let tileCount: Int
  /// Scratch that each thread needs; enough for every variant.
  package let scratchBytes: Int
  /// How much work the call is, in units of ``KernelSpec/workKind``.
  package let work: Int
  /// For each operand the bytes that a tile reads or writes; `nil` where any tile may touch any
  /// byte, or nobody said.
  package let reaches: [TileReach?]
  /// The call with a row of an image as its tile, where the tile is a block of pixels across rows.
  private let byRows: Form?

  package init(
    spec: KernelSpec, arguments: [UInt8], operands: [Operand], tileCount: Int, scratchBytes: Int,
    work: Int, reaches: [TileReach?]? = nil, byRows: Form? = nil
  ) {
    precondition(tileCount > 0, "\(spec.symbol) has no tiles")
    self.spec = spec
    self.arguments = arguments
    self.operands = operands
    self.tileCount = tileCount
    self.scratchBytes = scratchBytes
    self.work = work
    self.reaches = reaches ?? operands.map { _ in nil }
    precondition(self.reaches.count == operands.count, "\(spec.symbol) has a reach per operand")
    self.byRows = byRows
  }

  /// How this call divides its result.
  var form: Form {
    Form(
      spec: spec, arguments: arguments, tileCount: tileCount, scratchBytes: scratchBytes,
      reaches: reaches)
  }

  /// The same result by rows of images, for steps that go on with the same rows.
  package var dividedByRows: KernelCall {
    guard let byRows else { return self }
    return KernelCall(
      spec: byRows.spec, arguments: byRows.arguments, operands: operands,
      tileCount: byRows.tileCount, scratchBytes: byRows.scratchBytes, work: work,
      reaches: byRows.reaches)
  }
}
