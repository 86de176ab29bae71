import Diagnostics
import KernelIR
import Targets
import Toolchain

/// The compiled and linted kernels of one variant.
package struct KernelObject: Sendable {
  package let target: CPUTarget
  /// The ELF file.
  package let bytes: [UInt8]
  /// Virtual address of each kernel's entry in the file, in the order of the specs.
  package let entries: [UInt64]

  /// Generates, compiles and lints `specs` for `target`.
  ///
  /// - Throws: `QC6003` when clang refuses, `QC6004` when the object is not what it must be.
  package init(
    _ specs: [KernelSpec], _ target: CPUTarget, _ toolchain: CToolchain,
    notes: [KernelSpec: String] = [:]
  ) throws(Diagnostic) {
    let text = KernelSource.text(specs, target, notes: notes)
    bytes = try toolchain.compile(
      text, triple: target.architecture.triple, flags: target.compilerFlags)
    self.target = target
    let file = try ELFFile(bytes)
    try ObjectLint.check(file, target, symbols: specs.map(\.symbol))
    var entries: [UInt64] = []
    for spec in specs {
      guard let address = file.functions[spec.symbol] else {
        throw Diagnostic(.objectLint, "the object has no kernel", at: spec.symbol)
      }
      entries.append(address)
    }
    self.entries = entries
  }

  /// What ``InstructionLint`` finds in the code: nothing, unless the compiler did not follow the plan
  /// of a micro-kernel. The results are right all the same; the speed is not.
  package func instructionFindings(
    _ specs: [KernelSpec], _ toolchain: CToolchain
  ) throws(Diagnostic) -> [String] {
    guard target.integerDot != .none else { return [] }
    let dotCounts = specs.reduce(into: Set<Int>()) { counts, spec in
      counts.formUnion(KernelEmitter.of(spec.family).dotCounts(spec, target))
    }
    return InstructionLint.findings(try toolchain.disassemble(bytes), dotCounts: dotCounts)
  }
}
