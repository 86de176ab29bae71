import GraphIR
import Samples
import Tensors
import TestSupport
import Testing

@testable import Calibration

@Suite("moments of convolutions")
struct ProductMomentsTests {
  /// A padded convolution of two groups of two channels.
  private static func graph() throws -> Graph {
    var graph = Graph(name: "m", stage: .canonical)
    let x = graph.appendInput("x", TensorType(.f32, try Shape([1, 4, 3, 5])))
    let weights = graph.appendConstant(
      try Tensor.floats((0..<48).map { Float($0) }, [4, 2, 2, 3]), name: "w")
    let conv = try Convolution(strides: [1, 2], pads: [1, 0, 0, 2], dilations: [2, 1], groups: 2)
    graph.appendOutput("out", try graph.append(.conv(conv), [x, weights], name: "y"))
    try graph.compact()
    return graph
  }

  private static func samples(_ count: Int) throws -> Tensor {
    var random = SeededGenerator(seed: 7)
    return try Tensor.floats(
      (0..<count * 60).map { _ in Float.random(in: -2...2, using: &random) }, [count, 4, 3, 5])
  }

  private static func table(_ range: Range<Int>, of array: Tensor) throws -> CalibrationTable {
    var source = InterpreterSource(modelHash: SHA256Digest.hex(of: "m"), graph: try graph())
    let samples = try BoundSamples(
      SampleSet(arrays: [("x", array)]),
      inputs: [ModelInput(name: "x", element: .f32, dims: [1, 4, 3, 5])])
    return try CalibrationRun(range: range).run(&source, samples)
  }

  @Test func `they are the sums over all places of what the weights multiply`() throws {
    let array = try Self.samples(1)
    let moments = try #require(try Self.table(0..<1, of: array).tensors["y"]?.products)
    // Rows of the result: 3 + 1 - 3 + 1 = 2; columns: (5 + 2 - 3) / 2 + 1 = 3.
    #expect((moments.groupCount, moments.size, moments.count) == (2, 12, 6))
    let x = array.floats
    var (entry, sums) = (0, 0)
    for group in 0..<2 {
      var patches: [[Double]] = []
      for row in 0..<2 {
        for column in 0..<3 {
          patches.append(
            (0..<12).map { tap in
              let (channel, ky, kx) = (group * 2 + tap / 6, tap / 3 % 2, tap % 3)
              let (r, c) = (row + 2 * ky - 1, 2 * column + kx)
              guard (0..<3).contains(r), (0..<5).contains(c) else { return 0 }
              return Double(x[channel * 15 + r * 5 + c])
            })
        }
      }
      for i in 0..<12 {
        let sum = patches.reduce(0) { $0 + $1[i] }
        #expect(abs(Double(moments.sums[sums]) * 0x1p-48 - sum) < 1e-12)
        sums += 1
        for j in 0...i {
          let product = patches.reduce(0) { $0 + $1[i] * $1[j] }
          #expect(abs(Double(moments.products[entry]) * 0x1p-48 - product) < 1e-12)
          entry += 1
        }
      }
    }
  }

  @Test func `merged in any order they are those of one run, and a table keeps them`() throws {
    let array = try Self.samples(5)
    let whole = try Self.table(0..<5, of: array)
    let parts = try [0..<2, 2..<3, 3..<5].map { try Self.table($0, of: array) }
    for order in [[0, 1, 2], [2, 0, 1], [1, 2, 0]] {
      var merged = parts[order[0]]
      for part in order.dropFirst() { try merged.merge(parts[part]) }
      #expect(merged == whole)
    }
    let read = try CalibrationTable(decoding: whole.encoded())
    #expect(read == whole)
    #expect(read.tensors["y"]?.products != nil)
    #expect(read.tensors["x"]?.products == nil)
  }

  @Test func `large convolutions have none`() {
    #expect(ProductMoments.isKept(groupCount: 1, size: 90))
    #expect(!ProductMoments.isKept(groupCount: 1, size: 91))
    #expect(ProductMoments.isKept(groupCount: 91, size: 9))
    #expect(!ProductMoments.isKept(groupCount: 92, size: 9))
    #expect(!ProductMoments.isKept(groupCount: 1 << 40, size: 1 << 40))
  }
}
