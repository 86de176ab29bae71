import Diagnostics
import GraphIR
import Interpreter
import KernelIR
import Quantization
import Scheduling
import Tensors
import TestSupport
import Testing

/// Chains give the bits of the interpreter, however many threads meet in them, and whoever looks.
@Suite("chains")
struct ChainTests {
  /// An inverted residual, twice: expand, depthwise, project, and a sum where the shape stays.
  struct Block: Sendable, CustomTestStringConvertible {
    var batch = 1
    var height = 9
    var width = 6
    var kernel = 3
    var stride = 1
    var dilation = 1
    var channels = 8
    var hidden = 24

    var testDescription: String {
      "\(batch)x\(channels)x\(height)x\(width), \(hidden) hidden, kernel \(kernel), "
        + "stride \(stride), dilation \(dilation)"
    }

    static let all = [
      Block(), Block(height: 1), Block(height: 2, width: 1), Block(height: 13, stride: 2),
      Block(height: 12, kernel: 5), Block(height: 11, kernel: 5, stride: 2),
      Block(height: 10, dilation: 2), Block(batch: 3, height: 5), Block(height: 30, width: 17),
      Block(height: 25, width: 50, channels: 16, hidden: 64),
      Block(batch: 2, height: 7, kernel: 5, stride: 2, channels: 17, hidden: 33),
    ]

    func graph(_ random: inout SeededGenerator) throws -> Graph {
      var graph = Graph(name: "blocks")
      let shape = try Shape([batch, channels, height, width])
      var x = graph.appendInput("x", TensorType(.f32, shape))
      for index in 0..<2 {
        let stride = index == 0 ? self.stride : 1
        var y = try convolution(&graph, x, hidden, kernel: 1, &random)
        y = try graph.append(.unary(.relu), [y])
        y = try convolution(
          &graph, y, hidden, kernel: kernel, stride: stride, dilation: dilation, groups: hidden,
          &random)
        y = try graph.append(.unary(.clip(lower: 0, upper: 6)), [y])
        y = try convolution(&graph, y, channels, kernel: 1, &random)
        x = stride == 1 ? try graph.append(.binary(.add), [y, x]) : y
      }
      // Each pixel by itself, so that strips stay strips.
      x = try convolution(&graph, x, channels + 1, kernel: 1, &random)
      graph.appendOutput("y", x)
      try graph.compact()
      try graph.verify()
      return graph
    }

    private func convolution(
      _ graph: inout Graph, _ x: ValueID, _ columns: Int, kernel: Int, stride: Int = 1,
      dilation: Int = 1, groups: Int = 1, _ random: inout SeededGenerator
    ) throws -> ValueID {
      let depth = graph.shape(of: x)[1] / groups
      let shape = try Shape([columns, depth, kernel, kernel])
      let deviation = 1 / Float(depth * kernel * kernel).squareRoot()
      let weights = graph.appendConstant(
        try Tensor(.f32, shape, random.floats(shape.elementCount, deviation: deviation)))
      let pad = kernel / 2 * dilation
      let op = try Convolution(
        strides: [stride, stride], pads: [pad, pad, pad, pad], dilations: [dilation, dilation],
        groups: groups)
      return try graph.append(.conv(op), [x, weights], source: "node\(graph.nodes.count)")
    }
  }

  private func compare(
    _ graph: Graph, _ samples: [Tensor], _ chains: ChainPolicy
  ) throws -> CompiledGraph {
    let compiled = try CompiledGraph(graph, samples: samples, recipe: Recipe(), chains: chains)
    let input = samples[0]
    let expected = try Interpreter(compiled.fused).run([input])
    for variant in CompiledGraph.variantNames {
      for threads in [1, 2, 3, 5] {
        let results = try compiled.run(input, variant: variant, threads: threads)
        for (result, wanted) in zip(results, expected) {
          #expect(
            result.differingElements(from: wanted).isEmpty, "\(variant), \(threads) threads")
        }
      }
      // Tapped: every value, and not the results alone, is there and right.
      let found = try compiled.firstDifference(input, variant: variant)
      #expect(found == nil, "\(variant)")
    }
    return compiled
  }

  @Test(arguments: Block.all)
  func `inverted residuals in strips give the bits of the fused graph`(block: Block) throws {
    var random = SeededGenerator(seed: UInt64(block.height * 100 + block.width))
    let graph = try block.graph(&random)
    let shape = graph.shape(of: graph.inputs[0])
    let samples = try (0..<2).map { _ in
      try Tensor(.f32, shape, random.floats(shape.elementCount))
    }
    let compiled = try compare(graph, samples, .always)
    if block.width > 1 {
      #expect(compiled.program.chains.isEmpty == (block.batch * block.height == 1))
    }
    let single = try CompiledGraph(graph, samples: samples, recipe: Recipe(), chains: .never)
    #expect(single.program.chains.isEmpty && single.program.windows.isEmpty)
    #expect(single.program.taps.map(\.name) == compiled.program.taps.map(\.name))
  }

  @Test(arguments: DifferentialTests.seeds.prefix(12))
  func `random models in strips give the bits of the fused graph`(seed: UInt64) throws {
    var model = try RandomModel(seed: seed &+ 3_000_000)
    let samples = try (0..<3).map { _ in try model.sample() }
    _ = try compare(model.graph, samples, .always)
  }

  @Test func `a model worth it is chained, and its arena is smaller`() throws {
    var random = SeededGenerator(seed: 5)
    let block = Block(height: 56, width: 56, channels: 24, hidden: 144)
    let graph = try block.graph(&random)
    let shape = graph.shape(of: graph.inputs[0])
    let samples = [try Tensor(.f32, shape, random.floats(shape.elementCount))]
    let chained = try compare(graph, samples, .predicted).program
    let single = try CompiledGraph(graph, samples: samples, recipe: Recipe(), chains: .never)
      .program
    #expect(!chained.chains.isEmpty)
    #expect(2 * chained.arenaBytes < single.arenaBytes)
  }
}
