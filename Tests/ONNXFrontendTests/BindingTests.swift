import Diagnostics
import GraphIR
import Tensors
import Testing

@testable import ONNXFrontend

@Suite("input shapes")
struct BindingTests {
  /// `y = relu(x) + z`, where x is `[n, 4]` and z is `[n, 1]`.
  private func model() throws -> ONNXModel {
    try ONNXModel(
      data: TestModel(
        inputs: [.floats("x", [-1, 4]), .floats("z", [-1, 1])],
        nodes: [
          Onnx_NodeProto("Relu", ["x"], ["a"]), Onnx_NodeProto("Add", ["a", "z"], ["y"]),
        ], outputs: ["y"]
      ).data)
  }

  @Test func `inputs are described`() throws {
    let model = try model()
    #expect(model.inputs[0].name == "x")
    #expect(model.inputs[0].element == .f32)
    #expect(model.inputs[0].dims == [.symbolic("n"), .fixed(4)])
    #expect(model.symbols == ["n"])
    #expect(model.batchSymbols == ["n"])
    #expect(model.opset == 21)
  }

  @Test func `a symbol is bound by its value or by one input's shape`() throws {
    #expect(try model().graph(symbols: ["n": 3]).nodes.last?.type.shape.dims == [3, 4])
    #expect(try model().graph(shapes: ["x": [2, 4]]).nodes.last?.type.shape.dims == [2, 4])
  }

  @Test func `an open symbol asks for its shape`() throws {
    let error = #expect(throws: Diagnostic.self) { try model().graph() }
    #expect(error?.code == .unboundDimension)
    #expect(error?.location == "input 'x'")
    #expect(error?.message == "'n' is open: the model is [n, 4]")
    #expect(error?.hint == "give all extents, for instance --shape x=1x4")
  }

  @Test func `a wrong shape is refused`() throws {
    let wrong: [([String: [Int]], DiagnosticCode)] = [
      (["x": [2, 5]], .shapeMismatch), (["x": [2]], .shapeMismatch),
      (["x": [2, 4], "z": [3, 1]], .shapeMismatch), (["w": [1]], .usage),
      (["x": [-1, 4]], .shapeMismatch), (["x": [1 << 40, 4]], .shapeOverflow),
    ]
    for (shapes, code) in wrong {
      let error = #expect(throws: Diagnostic.self) { try model().graph(shapes: shapes) }
      #expect(error?.code == code)
    }
    let error = #expect(throws: Diagnostic.self) { try model().graph(symbols: ["m": 1]) }
    #expect(error?.code == .usage)
  }

  @Test func `a frozen input becomes a constant`() throws {
    let z = try Tensor.floats([1, 2], [2, 1])
    let graph = try model().graph(frozen: ["z": z])
    #expect(graph.inputs.count == 1)
    #expect(graph.nodes.last?.type.shape.dims == [2, 4])
    let wrong = try Tensor.int64s([1, 2], [2, 1])
    let error = #expect(throws: Diagnostic.self) { try model().graph(frozen: ["z": wrong]) }
    #expect(error?.code == .elementTypeMismatch)
  }

  @Test func `shapes that do not chain name the node`() throws {
    let model = TestModel("Add", [try counting(2, 3), try counting(4)])
    let error = try model.refusal()
    #expect(error?.code == .shapeMismatch)
    #expect(error?.location == "node 'node' (Add)")
  }
}
