/// An instruction set family: one lowered program serves all of its variants.
package enum CPUArchitecture: String, CaseIterable, Codable, Hashable, Sendable {
  case x86_64 = "x86-64"

  /// The triple that clang compiles for; no part of it names a C library.
  package var triple: String {
    switch self {
    case .x86_64: "x86_64-unknown-linux-gnu"
    }
  }

  /// `e_machine` of the architecture's ELF files. Source: System V gABI, chapter 4.
  package var elfMachine: UInt16 {
    switch self {
    case .x86_64: 62
    }
  }
}
