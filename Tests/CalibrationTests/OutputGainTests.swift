import Diagnostics
import Foundation
import GraphIR
import QuantMath
import Samples
import Tensors
import TestSupport
import Testing

@testable import Calibration

@Suite("what rounding costs at the outputs")
struct OutputGainTests {
  /// `h = x · first`, `out = h · second`.
  private static func products(_ first: [Float], _ second: [Float], width: Int) throws -> Graph {
    var graph = Graph(name: "m", stage: .canonical)
    let x = graph.appendInput("x", TensorType(.f32, try Shape([1, 4])))
    let w = graph.appendConstant(try Tensor.floats(first, [4, 4]), name: "w")
    let h = try graph.append(.matMul, [x, w], name: "h")
    let v = graph.appendConstant(try Tensor.floats(second, [4, width]), name: "v")
    graph.appendOutput("out", try graph.append(.matMul, [h, v], name: "y"))
    try graph.compact()
    return graph
  }

  private static func table(
    _ graph: Graph, _ values: [Float], _ range: Range<Int>? = nil, measuring count: Int = 8,
    resuming former: CalibrationTable? = nil
  ) throws -> CalibrationTable {
    var source = InterpreterSource(modelHash: SHA256Digest.hex(of: "m"), graph: graph)
    let samples = try BoundSamples(
      SampleSet(arrays: [("x", try Tensor.floats(values, [values.count / 4, 4]))]),
      inputs: [ModelInput(name: "x", element: .f32, dims: [1, 4])])
    var run = CalibrationRun(range: range ?? 0..<samples.count)
    run.sensitivitySamples = count
    return try run.run(&source, samples, resuming: former)
  }

  private static func random(_ count: Int, seed: UInt64) -> [Float] {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { _ in Float.random(in: -2...2, using: &random) }
  }

  @Test func `the gain of a product's operand is that of its weights`() throws {
    // A range of 0...255 has steps of 1, so that all sums here are exact.
    let unit: [Float] = (0..<16).map { $0 / 4 == $0 % 4 ? 1 : 0 }
    let x: [Double] = [255, 0.25, 3.5, 100.75]
    let errors = [0, -0.25, 0.5, 0.25]
    let weights: [Double] = [1, -2, 3, 0.5, -4, 8, 2, 1]
    func column(_ row: [Double], _ index: Int) -> Double {
      (0..<4).reduce(0) { $0 + row[$1] * weights[$1 * 2 + index] }
    }
    let error = (0..<2).reduce(0) { $0 + column(errors, $1) * column(errors, $1) }
    let energy = (0..<2).reduce(0) { $0 + column(x, $1) * column(x, $1) }
    let mean = errors.reduce(0) { $0 + $1 * $1 } / 4
    let graph = try Self.products(unit, weights.map { Float($0) }, width: 2)
    let table = try Self.table(graph, x.map { Float($0) })
    let expected = [OutputGain(sample: 0, value: error / energy / mean)]
    #expect(table.tensors["x"]?.gains == expected)
    #expect(table.tensors["h"]?.gains == expected)
    #expect(table.tensors["y"]?.gains == [])
    #expect(table.tensors["h"]?.medianGain == expected[0].value)
    #expect(table.tensors["y"]?.medianGain == nil)
  }

  @Test func `only the first samples of the whole set are measured`() throws {
    let graph = try Self.products(Self.random(16, seed: 1), Self.random(8, seed: 2), width: 2)
    let values = Self.random(44, seed: 3)
    let table = try Self.table(graph, values, measuring: 3)
    #expect(table.tensors["h"]?.gains.map(\.sample) == [0, 1, 2])
    let rest = try Self.table(graph, values, 2..<11, measuring: 3)
    #expect(rest.tensors["h"]?.gains.map(\.sample) == [2])
    #expect(rest.tensors["h"]?.gains[0] == table.tensors["h"]?.gains[2])
  }

  @Test func `shards and a resumed run give the bytes of one run`() throws {
    let graph = try Self.products(Self.random(16, seed: 1), Self.random(8, seed: 2), width: 2)
    let values = Self.random(44, seed: 3)
    let whole = try Self.table(graph, values)
    let cuts = [0, 3, 5, 10, 11]
    var shards = try (0..<4).map { try Self.table(graph, values, cuts[$0]..<cuts[$0 + 1]) }
    let resumed = try Self.table(graph, values, resuming: shards[0])
    #expect(try resumed.encoded() == whole.encoded())
    var merged = shards.remove(at: 2)
    for shard in shards { try merged.merge(shard) }
    #expect(try merged.encoded() == whole.encoded())
    #expect(try CalibrationTable(decoding: whole.encoded()) == whole)
  }

  @Test func `a table without gains is as one of a program that knew none`() throws {
    let graph = try Self.products(Self.random(16, seed: 1), Self.random(8, seed: 2), width: 2)
    let table = try Self.table(graph, Self.random(8, seed: 3), measuring: 0)
    let text = try table.encoded()
    #expect(!String(decoding: text, as: UTF8.self).contains("gain"))
    #expect(try CalibrationTable(decoding: text) == table)
    #expect(table.tensors["h"]?.medianGain == nil)
  }

  @Test(arguments: [
    ("\"sample\":1}", "\"sample\":0}"), ("\"sample\":0}", "\"sample\":-1}"),
    ("\"gains\":[{\"gain\":", "\"gains\":[{\"gain\":-"),
  ])
  func `gains out of order and below 0 are refused`(_ change: (from: String, to: String)) throws {
    let graph = try Self.products(Self.random(16, seed: 1), Self.random(8, seed: 2), width: 2)
    let text = String(
      decoding: try Self.table(graph, Self.random(8, seed: 3)).encoded(), as: UTF8.self)
    #expect(text.contains(change.from))
    let changed = text.replacingOccurrences(of: change.from, with: change.to)
    let error = #expect(throws: Diagnostic.self) {
      try CalibrationTable(decoding: Data(changed.utf8))
    }
    #expect(error?.message.contains("the gains of") == true)
  }

  @Test func `a value or an output of zeros gives no gain`() throws {
    let zeros = [Float](repeating: 0, count: 16)
    let dead = try Self.products(zeros, Self.random(8, seed: 2), width: 2)
    let table = try Self.table(dead, Self.random(4, seed: 3))
    #expect(table.tensors["x"]?.gains == [])
    #expect(table.tensors["h"]?.gains == [])
  }

  @Test func `samples that feed the next one are not measured`() throws {
    var graph = Graph(name: "m", stage: .canonical)
    let x = graph.appendInput("x", TensorType(.f32, try Shape([1, 4])))
    let state = graph.appendInput("state", TensorType(.f32, try Shape([1, 4])))
    let w = graph.appendConstant(try Tensor.floats(Self.random(16, seed: 1), [4, 4]), name: "w")
    let y = try graph.append(.matMul, [x, w], name: "y")
    graph.appendOutput("out", try graph.append(.binary(.add), [y, state], name: "z"))
    try graph.compact()
    #expect(SensitivityPlan(graph).values == ["x"])
    var source = InterpreterSource(modelHash: SHA256Digest.hex(of: "m"), graph: graph)
    let folder = try TemporaryFolder()
    let array = try NPY.encode(try Tensor.floats(Self.random(8, seed: 3), [2, 4]))
    try array.write(to: folder.url.appendingPathComponent("x.npy"))
    let dataset = try folder.write(
      "dataset.json",
      """
      {"schema_version": 1, "name": "m", "splits": {"calibration": {"inputs": {
        "x": {"file": "x.npy"}, "state": {"fill": 0, "shape": [1, 4], "feedback": "out"}}}}}
      """)
    let samples = try BoundSamples(
      SampleSet(dataset: dataset, split: "calibration", environment: [:]),
      inputs: ["x", "state"].map { ModelInput(name: $0, element: .f32, dims: [1, 4]) })
    let table = try CalibrationRun(range: 0..<2).run(&source, samples)
    #expect(table.usedSampleCount == 2)
    #expect(table.tensors.values.allSatisfy { $0.gains.isEmpty })
  }
}
