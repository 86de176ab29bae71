/// One CPU variant that code is generated for: facts about the machine, never policy.
package struct CPUTarget: Hashable, Sendable {
  /// The instruction that a reduction over bytes is built from.
  package enum IntegerDot: Hashable, Sendable {
    /// No such instruction is assumed: plain C.
    case none
    /// `vpmaddwd`: two s16 products summed in int32, exact for widened bytes.
    case words
    /// `vpdpbusd`: four products u8 · s8 added to an int32, without saturation.
    case bytes
  }

  /// The variant's name in packages, on the command line and in tests.
  package let name: String
  package let architecture: CPUArchitecture
  /// What the device must have.
  package let features: [CPUFeature]
  /// What clang is told besides the triple.
  package let compilerFlags: [String]
  package let vectorBytes: Int
  package let vectorRegisters: Int
  package let integerDot: IntegerDot
  /// Whether fused multiply-add is one instruction.
  package let hasFMA: Bool
  /// What times are predicted by.
  package let machine: MachineModel

  package init(
    name: String, architecture: CPUArchitecture, features: [CPUFeature], compilerFlags: [String],
    vectorBytes: Int, vectorRegisters: Int, integerDot: IntegerDot, hasFMA: Bool,
    machine: MachineModel
  ) {
    self.name = name
    self.architecture = architecture
    self.features = features
    self.compilerFlags = compilerFlags
    self.vectorBytes = vectorBytes
    self.vectorRegisters = vectorRegisters
    self.integerDot = integerDot
    self.hasFMA = hasFMA
    self.machine = machine
  }

  /// int32 or f32 elements of one vector.
  package var lanes: Int { vectorBytes / 4 }
}
