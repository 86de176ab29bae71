import KernelIR
import Targets

/// The generator of one kernel family.
///
/// To add a family: declare it and its record in KernelIR, write an emitter, put it in the list of
/// its kind (``integerKernelEmitters``, ``floatKernelEmitters``).
package struct KernelEmitter: Sendable {
  package let family: KernelFamily
  /// The record whose C struct the kernels read.
  package let arguments: ArgumentLayout
  /// Writes the kernel `spec.symbol` and the static functions it calls, whose names begin with that
  /// symbol. The vector functions of ``VectorPrelude`` and of ``imagePrelude`` stand above it.
  package let emit: @Sendable (KernelSpec, CPUTarget, inout CSource) -> Void
  /// How many integer dot products a loop of the kernel may hold; see ``InstructionLint``.
  package let dotCounts: @Sendable (KernelSpec, CPUTarget) -> Set<Int>

  package init(
    _ family: KernelFamily, _ arguments: ArgumentLayout,
    dotCounts: @escaping @Sendable (KernelSpec, CPUTarget) -> Set<Int> = { _, _ in [] },
    _ emit: @escaping @Sendable (KernelSpec, CPUTarget, inout CSource) -> Void
  ) {
    self.family = family
    self.arguments = arguments
    self.dotCounts = dotCounts
    self.emit = emit
  }

  /// The emitter of `family`; a family without one is a contradiction of the compiler.
  package static func of(_ family: KernelFamily) -> KernelEmitter {
    let all = integerKernelEmitters + floatKernelEmitters
    guard let emitter = all.first(where: { $0.family == family }) else {
      preconditionFailure("no generator for kernel family \(family.name)")
    }
    return emitter
  }
}

extension CSource {
  /// The entry `symbol` with the signature that the runtime calls; in its body `g` is the record.
  package mutating func kernel(
    _ symbol: String, _ arguments: ArgumentLayout, _ body: (inout CSource) -> Void
  ) {
    line("__attribute__((visibility(\"default\")))")
    block(
      """
      void \(symbol)(const void *args, void *const *buffers, void *scratch, uint32_t begin,
          uint32_t end)
      """
    ) { out in
      out.line("const \(arguments.structName) *g = args;")
      body(&out)
    }
    blank()
  }
}
