import Diagnostics
import Targets

/// What every kernel object must be: code and constants that can be mapped anywhere, and nothing
/// else. The instructions are looked at by ``InstructionLint``.
package enum ObjectLint {
  /// - Throws: `QC6004` for an import, a relocation, a writable byte or a missing kernel.
  package static func check(
    _ file: ELFFile, _ target: CPUTarget, symbols: [String]
  ) throws(Diagnostic) {
    guard file.machine == target.architecture.elfMachine else {
      throw Diagnostic(
        .objectLint, "the object is for ELF machine \(file.machine)", at: target.name)
    }
    if let name = file.imports.first {
      throw Diagnostic(
        .objectLint, "the object imports '\(name)'", at: target.name,
        hint: "a generated loop became a library call; write it so that clang sees none")
    }
    guard !file.hasRelocations else {
      throw Diagnostic(.objectLint, "the object needs relocations", at: target.name)
    }
    // The dynamic table is the one thing that lld places in a writable segment.
    let dynamic = file.segments.filter { $0.type == 2 }
    for segment in file.segments where segment.type == ELFFile.loadSegment && segment.flags & 2 != 0
    {
      let isDynamicOnly = dynamic.contains {
        $0.address == segment.address && segment.memoryBytes <= $0.memoryBytes
      }
      guard isDynamicOnly else {
        throw Diagnostic(.objectLint, "the object has writable data", at: target.name)
      }
    }
    if let missing = symbols.first(where: { file.functions[$0] == nil }) {
      throw Diagnostic(.objectLint, "the object lacks a kernel", at: missing)
    }
  }
}
