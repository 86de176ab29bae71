import GraphIR
import KernelIR
import Quantization
import Scheduling
import Targets
import Tensors
import TestSupport
import Testing

/// Convolutions that are worth transforms give the bits of the interpreter on the whole way.
@Suite("networks with dense 3x3 convolutions")
struct WinogradNetworkTests {
  private struct Network {
    var graph = Graph(name: "dense")
    var random: SeededGenerator

    mutating func conv(_ x: ValueID, _ columns: Int) throws -> ValueID {
      let channels = graph.shape(of: x)[1]
      let shape = try Shape([columns, channels, 3, 3])
      let weights = graph.appendConstant(
        try Tensor(
          .f32, shape,
          random.floats(shape.elementCount, deviation: 1 / Float(9 * channels).squareRoot())))
      let conv = try Convolution(
        strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1], groups: 1)
      return try graph.append(.unary(.relu), [try graph.append(.conv(conv), [x, weights])])
    }
  }

  /// Two layers and the sum with the first one's result, which is also written into a concatenation.
  private func network(_ dims: [Int], columns: Int, seed: UInt64) throws -> Network {
    var net = Network(random: SeededGenerator(seed: seed))
    let x = net.graph.appendInput("x", TensorType(.f32, try Shape(dims)))
    let first = try net.conv(x, columns)
    let second = try net.conv(first, columns)
    let sum = try net.graph.append(.binary(.add), [second, first])
    let joined = try net.graph.append(
      .concat(Concatenation(axis: 1)), [sum, try net.conv(sum, columns)])
    net.graph.appendOutput("y", joined)
    try net.graph.compact()
    return net
  }

  @Test(arguments: [([1, 32, 22, 19], 40), ([2, 24, 13, 16], 48), ([1, 128, 28, 28], 128)])
  func `give the bits of the interpreter`(_ dims: [Int], columns: Int) throws {
    var net = try network(dims, columns: columns, seed: UInt64(columns))
    let shape = try Shape(dims)
    let samples = try (0..<2).map { _ in
      try Tensor(.f32, shape, net.random.floats(shape.elementCount, deviation: 1))
    }
    let compiled = try CompiledGraph(net.graph, samples: samples, recipe: Recipe())
    #expect(compiled.program.kernels.contains { $0.hasPrefix("qc_winograd") })
    try compiled.expectBits(of: samples[1])
  }

  @Test func `are worth them on the fastest variant of the package`() throws {
    func kernels(_ dims: [Int], _ target: CPUTarget) throws -> Int {
      let net = try network(dims, columns: dims[1], seed: 7)
      let sample = try Tensor(
        .f32, try Shape(dims), [Float](repeating: 0.5, count: try Shape(dims).elementCount))
      let fused = try CompiledGraph(net.graph, samples: [sample], recipe: Recipe()).fused
      let program = try Scheduler.schedule(fused, for: target).program
      return program.steps.count { program.kernels[$0.kernel].hasPrefix("qc_winograd") }
    }
    #expect(try kernels([1, 64, 28, 28], .avx512vnni) == 3)
    #expect(try kernels([1, 64, 7, 7], .avx512vnni) == 0)
    #expect(try kernels([1, 16, 16, 16], .avx512vnni) == 0)
    #expect(try kernels([1, 16, 16, 16], .avx2) == 3)
    #expect(try kernels([1, 20, 28, 28], .avx2) == 0)
  }
}
