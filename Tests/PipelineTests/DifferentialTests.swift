import Calibration
import Canonicalization
import CodegenCPU
import Foundation
import GraphIR
import Interpreter
import ModelRunner
import Quantization
import Scheduling
import Targets
import Tensors
import TestSupport
import Testing
import Toolchain

@testable import Pipeline

/// Random models go the whole way, and the package gives the bits of the interpreter.
@Suite("differential")
struct DifferentialTests {
  /// `QUANTC_DIFFERENTIAL_SEEDS=1000-1100` runs other models than the suite's, to which the seeds
  /// that have found an error belong.
  static let seeds: [UInt64] = {
    let text = ProcessInfo.processInfo.environment["QUANTC_DIFFERENTIAL_SEEDS"]
    guard let text else { return Array(0..<20) + [32, 100] }
    let bounds = text.split(separator: "-").compactMap { UInt64($0) }
    guard bounds.count == 2, bounds[0] <= bounds[1] else { return [] }
    return Array(bounds[0]...bounds[1])
  }()

  @Test func `there are models to compare`() {
    #expect(!DifferentialTests.seeds.isEmpty)
  }

  @Test(arguments: seeds)
  func `a random model in INT8 gives the bits of the fused graph`(seed: UInt64) throws {
    try compare(try RandomModel(seed: seed), seed, Recipe())
  }

  @Test(arguments: seeds.prefix(12))
  func `a random model with 16-bit activations gives the bits of the fused graph`(
    seed: UInt64
  ) throws {
    var recipe = Recipe()
    recipe.activations = .int16
    try compare(try RandomModel(seed: seed &+ 5_000_000), seed, recipe)
  }

  @Test(arguments: seeds.prefix(6))
  func `images of one column give the bits of the fused graph`(seed: UInt64) throws {
    try compare(try RandomModel(seed: seed &+ 2_000_000, width: 1), seed, Recipe())
  }

  @Test(arguments: seeds.prefix(6))
  func `a random model in float gives the bits of the canonical graph`(seed: UInt64) throws {
    var recipe = Recipe()
    recipe.precision = .float32
    try compare(try RandomModel(seed: seed &+ 1_000_000), seed, recipe)
  }

  @Test(arguments: seeds.prefix(12))
  func `a random model shows the same values compiled and interpreted`(seed: UInt64) throws {
    var model = try RandomModel(seed: seed &+ 3_000_000)
    let input = try model.sample()
    var graph = model.graph
    for pass in canonicalizationPasses { try pass.run(&graph) }
    var expected: [String: Tensor] = [:]
    var source = InterpreterSource(modelHash: "", graph: graph)
    let name = graph[graph.inputs[0]].name
    _ = try source.run([name: input]) { expected[$0.name] = $0.tensor }
    let target = try #require(CPUTarget.all.last { HostCPU.supports(variant: $0.name) })
    var library = KernelLibrary(target, try CToolchain.find(), width: 2)
    let program = try FloatProgram(graph, &library, tapping: .allFloats)
    for threads in [1, 3] {
      var shown: [String: Tensor] = [:]
      _ = try program.makeContext(threads: threads).run([name: input]) {
        shown[$0.name] = $0.tensor
      }
      #expect(shown.keys.sorted() == expected.keys.sorted())
      for (name, wanted) in expected.sorted(by: { $0.key < $1.key }) {
        let wrong = shown[name]?.differingElements(from: wanted) ?? [-1]
        #expect(wrong.isEmpty, "seed \(seed), \(threads) threads, \(name)\n\(model.graph)")
      }
    }
  }

  @Test(arguments: seeds.prefix(12))
  func `a replaced value changes a random model alike, compiled and interpreted`(
    seed: UInt64
  ) throws {
    var model = try RandomModel(seed: seed &+ 4_000_000)
    let input = try model.sample()
    var graph = model.graph
    for pass in canonicalizationPasses { try pass.run(&graph) }
    var source = InterpreterSource(modelHash: "", graph: graph)
    let name = graph[graph.inputs[0]].name
    let target = try #require(CPUTarget.all.last { HostCPU.supports(variant: $0.name) })
    var library = KernelLibrary(target, try CToolchain.find(), width: 2)
    let context = try FloatProgram(graph, &library, tapping: .allFloats).makeContext(threads: 2)
    func coarse(_ tensor: Tensor) -> Tensor? {
      try? Tensor.floats(tensor.floats.map { ($0 * 4).rounded() / 4 + 1 }, tensor.shape.dims)
    }
    for value in SensitivityPlan(graph).values {
      let expected = try source.run([name: input], replacing: value, with: coarse)
      let results = try context.run([name: input], replacing: value, with: coarse)
      for (output, wanted) in expected.sorted(by: { $0.key < $1.key }) {
        let wrong = results[output]?.differingElements(from: wanted) ?? [-1]
        #expect(wrong.isEmpty, "seed \(seed), \(value) to \(output)\n\(model.graph)")
      }
    }
  }

  @Test(arguments: [[2, 5, 3, 4], [3, 17, 6], [2, 33]])
  func `a batch norm that was not folded is compiled to its own bits`(_ dims: [Int]) throws {
    var random = SeededGenerator(seed: 7)
    var graph = Graph(name: "norm")
    let x = graph.appendInput("x", TensorType(.f32, try Shape(dims)))
    let parameters = try (0..<4).map { index in
      let values = random.floats(dims[1], deviation: 1)
      return graph.appendConstant(
        try Tensor.floats(index == 3 ? values.map { abs($0) + 0.1 } : values, [dims[1]]))
    }
    let y = try graph.append(
      .batchNorm(BatchNormalization(epsilon: 1e-3)), [x] + parameters, name: "y")
    graph.appendOutput("out", y)
    let input = try Tensor.floats(random.floats(dims.reduce(1, *), deviation: 3), dims)
    let expected = try Interpreter(graph).run([input])
    let target = try #require(CPUTarget.all.last { HostCPU.supports(variant: $0.name) })
    var library = KernelLibrary(target, try CToolchain.find(), width: 1)
    let program = try FloatProgram(graph, &library, tapping: .stored)
    let outputs = try program.makeContext(threads: 2).run(["x": input], observe: nil)
    #expect(outputs["out"]?.differingElements(from: expected[0]).isEmpty == true)
  }

  private func compare(_ model: RandomModel, _ seed: UInt64, _ recipe: Recipe) throws {
    var model = model
    let samples = try (0..<3).map { _ in try model.sample() }
    let compiled = try CompiledGraph(model.graph, samples: samples, recipe: recipe)
    let input = try model.sample()
    let expected = try Interpreter(compiled.fused).run([input])
    for variant in CompiledGraph.variantNames {
      for threads in [1, 3] {
        let results = try compiled.run(input, variant: variant, threads: threads)
        for (result, wanted) in zip(results, expected) {
          let wrong = result.differingElements(from: wanted)
          if wrong.isEmpty { continue }
          let value = try compiled.firstDifference(input, variant: variant) ?? "an output"
          Issue.record(
            """
            seed \(seed), \(variant), \(threads) threads: \(wrong.count) of \
            \(wanted.shape.elementCount) differ, first in \(value)
            \(model.graph)
            """)
        }
      }
    }
  }
}

extension Tensor {
  /// The indices of the elements whose bits differ; two NaNs are equal.
  func differingElements(from other: Tensor) -> [Int] {
    guard element == other.element, shape == other.shape else { return [-1] }
    if element == .f32 {
      return zip(floats, other.floats).enumerated().filter { _, pair in
        pair.0.bitPattern != pair.1.bitPattern && !(pair.0.isNaN && pair.1.isNaN)
      }.map(\.offset)
    }
    return zip(bytes, other.bytes).enumerated().filter { $1.0 != $1.1 }.map(\.offset)
  }
}
