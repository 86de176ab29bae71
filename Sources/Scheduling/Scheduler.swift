import Diagnostics
import GraphIR
import KernelIR
import Targets
import Tensors

/// A program and the kernels that its steps name.
package struct ScheduledProgram: Sendable {
  package let program: Program
  /// The specs of ``Program/kernels``, in the same order.
  package let kernels: [KernelSpec]
  /// How much each of ``Program/steps`` is to do.
  package let work: [StepWork]
  /// What chose kernels, chains and threads: those of the fastest variant to be built, whose steps are
  /// the shortest.
  package let costs: CostModel
}

/// Lowers a fused graph to steps over buffers: layouts, packed weights, chains, arena.
///
/// Everything decided here is the same for all variants of a package and moves no bit of a result.
package enum Scheduler {
  /// The program of `graph`, with taps of the values that `tapping` names, for variants of which
  /// `target` is the fastest.
  ///
  /// - Throws: `QC2005` naming a node for which no kernel exists, `QC3007` when a sum could overflow.
  package static func schedule(
    _ graph: Graph, for target: CPUTarget = CPUArchitecture.x86_64.fastest,
    tapping: Tapping = .stored, chains: ChainPolicy = .predicted
  ) throws(Diagnostic) -> ScheduledProgram {
    var lowering = Lowering(graph, machine: target.machine, tapping: tapping)
    for (index, id) in graph.inputs.enumerated() { lowering.lowerInput(id, index) }
    for id in graph.values {
      try lowering.lower(id)
      try lowering.showTapped(id)
    }
    try lowering.lowerOutputs()
    var assembly = ProgramAssembly(lowering)
    // A program that is made to be looked at runs step by step.
    return try assembly.assemble(tapping == .stored ? chains : .never)
  }

  /// The name of each `quantize` whose bytes the kernel of a normalization stores, and that op with
  /// its name.
  package static func quantizersInNorms(_ graph: Graph) -> [String: String] {
    var kernels: [String: String] = [:]
    for (norm, quantizer) in NormFusions(graph).quantizers {
      let node = graph[norm]
      let name = node.name.isEmpty ? node.source : node.name
      kernels[graph[quantizer].name] = "\(node.op.mnemonic) '\(name)'"
    }
    return kernels
  }
}
