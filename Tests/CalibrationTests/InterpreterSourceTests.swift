import Diagnostics
import GraphIR
import Samples
import Tensors
import Testing

@testable import Calibration

@Suite("activations from the interpreter")
struct InterpreterSourceTests {
  /// `h = x · w`, `y = relu(h)` for an `x` of any number of rows.
  static func graph(_ shape: Shape) throws(Diagnostic) -> Graph {
    var graph = Graph(name: "m", stage: .canonical)
    let x = graph.appendInput("x", TensorType(.f32, shape))
    let weights = graph.appendConstant(try Tensor.floats([1, -1, 0, 2], [2, 2]), name: "w")
    let h = try graph.append(.matMul, [x, weights], name: "h")
    let y = try graph.append(.unary(.relu), [h], name: "y")
    graph.appendOutput("out", y)
    try graph.compact()
    return graph
  }

  @Test func `every float value but constants is shown under its name`() throws {
    var source = InterpreterSource(
      modelHash: SHA256Digest.hex(of: "m"), graph: try Self.graph(Shape([1, 2])))
    var seen: [String: [Float]] = [:]
    var axes: [String: Int?] = [:]
    let results = try source.run(["x": Tensor.floats([3, 4], [1, 2])]) { activation in
      seen[activation.name] = activation.tensor.floats
      axes[activation.name] = activation.channelAxis
    }
    #expect(seen == ["x": [3, 4], "h": [3, 5], "y": [3, 5]])
    #expect(axes == ["x": 1, "h": 1, "y": 1])
    #expect(results["out"]?.floats == [3, 5])
  }

  @Test func `each sample binds the open extents anew`() throws {
    var source = InterpreterSource(modelHash: SHA256Digest.hex(of: "m")) {
      shapes throws(Diagnostic) in
      guard let shape = shapes["x"] else { throw Diagnostic(.missingInput, "x") }
      return try Self.graph(shape)
    }
    for rows in [1, 3, 2] {
      let x = try Tensor.floats([Float](repeating: 1, count: rows * 2), [rows, 2])
      let results = try source.run(["x": x]) { _ in }
      #expect(results["out"]?.shape.dims == [rows, 2])
    }
  }

  @Test func `a calibration run fills the table`() throws {
    var source = InterpreterSource(
      modelHash: SHA256Digest.hex(of: "m"), graph: try Self.graph(Shape([1, 2])))
    let array = try Tensor.floats([1, 2, -3, 4, 0, 0], [3, 2])
    let samples = try BoundSamples(
      SampleSet(arrays: [("x", array)]),
      inputs: [ModelInput(name: "x", element: .f32, dims: [1, 2])])
    let table = try CalibrationRun(range: 0..<3).run(&source, samples)
    let ranges = try table.ranges(.minMax)
    #expect(ranges == ["x": -3...4, "h": -3...11, "y": 0...11])
  }
}
