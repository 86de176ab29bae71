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

  package let spec: KernelSpec
  package let arguments: [UInt8]
  package let operands: [Operand]
  /// Pieces of the output that can be computed in any order and on any thread.
  package let tileCount: Int
  /// Scratch that each thread needs; enough for every variant.
  package let scratchBytes: Int
  /// How much work the call is, in units of ``KernelSpec/workKind``.
  package let work: Int

  package init(
    spec: KernelSpec, arguments: [UInt8], operands: [Operand], tileCount: Int, scratchBytes: Int,
    work: Int
  ) {
    precondition(tileCount > 0, "\(spec.symbol) has no tiles")
    self.spec = spec
    self.arguments = arguments
    self.operands = operands
    self.tileCount = tileCount
    self.scratchBytes = scratchBytes
    self.work = work
  }
}
