import Canonicalization
import CodegenCPU
import Diagnostics
import Foundation
import Fusion
import GraphIR
import Interpreter
import KernelIR
import ModelRunner
import Packaging
import Quantization
import Scheduling
import Targets
import Tensors
import Toolchain

/// A graph on its way from float to a package with every variant, without a file in between.
struct CompiledGraph {
  let fused: Graph
  let program: Program
  let package: Data

  /// - Parameters:
  ///   - graph: at the stage `imported`.
  ///   - samples: inputs that the ranges are taken from, as minimum and maximum.
  ///   - recipe: how it is quantized.
  ///   - chains: when steps become chains.
  /// - Throws: what a stage throws.
  init(
    _ graph: Graph, samples: [Tensor], recipe: Recipe, chains: ChainPolicy = .predicted
  ) throws(Diagnostic) {
    var graph = graph
    try CompiledGraph.run(canonicalizationPasses, on: &graph)
    let ranges = try CompiledGraph.ranges(of: graph, samples)
    if recipe.precision != .float32 {
      try CompiledGraph.run(
        quantizationPasses(recipe: recipe, ranges: { ranges[$0] }), on: &graph)
    }
    try CompiledGraph.run(fusionPasses, on: &graph)
    fused = graph
    let scheduled = try Scheduler.schedule(graph, chains: chains)
    program = scheduled.program
    let toolchain = try CToolchain.find()
    var variants: [PackageWriter.Variant] = []
    for (index, target) in CPUTarget.variants(of: .x86_64).enumerated()
    where HostCPU.supports(variant: target.name) {
      let object = try KernelObject(scheduled.kernels, target, toolchain)
      variants.append(
        PackageWriter.Variant(name: target.name, rank: 9 - index, object: object.bytes))
    }
    package = try PackageWriter(
      program: scheduled.program, architecture: .x86_64, variants: variants,
      manifest: Data("{}".utf8)
    ).bytes()
  }

  /// The variants of the package, those that this machine can run.
  static var variantNames: [String] {
    CPUTarget.variants(of: .x86_64).map(\.name).filter { HostCPU.supports(variant: $0) }
  }

  func run(_ input: Tensor, variant: String, threads: Int) throws(Diagnostic) -> [Tensor] {
    try LoadedModel(bytes: package, variant: variant).makeContext(threads: threads).run([input])
  }

  /// The name of the first value whose bits are not the interpreter's; `nil` when all are.
  func firstDifference(_ input: Tensor, variant: String) throws -> String? {
    var expected: [String: Tensor] = [:]
    _ = try Interpreter(fused).run([input]) { id, tensor in expected[fused[id].name] = tensor }
    let context = try LoadedModel(bytes: package, variant: variant).makeContext(threads: 1)
    let names = context.taps.map(\.name)
    var found: String?
    _ = try context.run([input]) { (index, tensor) throws(Diagnostic) in
      guard found == nil, let wanted = expected[names[index]] else { return }
      if !tensor.differingElements(from: wanted).isEmpty { found = names[index] }
    }
    return found
  }

  private static func run(_ passes: [Pass], on graph: inout Graph) throws(Diagnostic) {
    for pass in passes {
      try pass.run(&graph)
      try graph.verify()
    }
  }

  private static func ranges(
    of graph: Graph, _ samples: [Tensor]
  ) throws(Diagnostic) -> [String: ClosedRange<Float>] {
    var ranges: [String: ClosedRange<Float>] = [:]
    for sample in samples {
      _ = try Interpreter(graph).run([sample]) { id, tensor in
        let floats = tensor.element == .f32 ? tensor.floats.filter(\.isFinite) : []
        guard let low = floats.min(), let high = floats.max() else { return }
        let known = ranges[graph[id].name] ?? low...high
        ranges[graph[id].name] = min(known.lowerBound, low)...max(known.upperBound, high)
      }
    }
    return ranges
  }
}
