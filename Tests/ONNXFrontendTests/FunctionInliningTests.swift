import Diagnostics
import GraphIR
import Tensors
import Testing

@testable import ONNXFrontend

@Suite("model functions")
struct FunctionInliningTests {
  /// `y = leaky(x)`, where `leaky` is a function whose slope is an attribute.
  private func model() throws -> TestModel {
    var function = Onnx_FunctionProto()
    function.name = "leaky"
    function.domain = "local"
    function.input = ["a"]
    function.output = ["b"]
    function.attribute = ["slope"]
    var slope = Onnx_AttributeProto.float("alpha", 0)
    slope.refAttrName = "slope"
    slope.clearF()
    function.node = [
      Onnx_NodeProto("Neg", ["a"], ["inner"]),
      Onnx_NodeProto("LeakyRelu", ["inner"], ["b"], [slope]),
    ]
    var call = Onnx_NodeProto("leaky", ["x"], ["y"], name: "call", [.float("slope", 0.25)])
    call.domain = "local"
    var model = TestModel(inputs: [.floats("x", [2])], nodes: [call], outputs: ["y"])
    model.proto.functions = [function]
    return model
  }

  @Test func `a call becomes the function's nodes with its attributes`() throws {
    let graph = try model().imported()
    #expect(graph.nodes.map(\.op.mnemonic) == ["input", "neg", "leaky_relu"])
    #expect(graph.nodes.last?.op == .unary(.leakyRelu(alpha: 0.25)))
    #expect(graph.nodes.last?.name == "y")
    #expect(graph.nodes[1].name == "y/inner")
  }

  @Test func `a function that calls itself is refused`() throws {
    var model = try model()
    var call = Onnx_NodeProto("leaky", ["a"], ["b"])
    call.domain = "local"
    model.proto.functions[0].node = [call]
    #expect(try model.refusal()?.code == .malformedModel)
  }

  @Test func `functions that double at every level are refused`() throws {
    var model = try model()
    model.proto.functions = (0..<30).map { level in
      var function = Onnx_FunctionProto()
      function.name = level == 0 ? "leaky" : "f\(level)"
      function.domain = "local"
      function.input = ["a"]
      function.output = ["b"]
      function.node = [("a", "m"), ("m", "b")].map { from, to in
        var call = Onnx_NodeProto(level == 29 ? "Relu" : "f\(level + 1)", [from], [to])
        if level < 29 { call.domain = "local" }
        return call
      }
      return function
    }
    #expect(try model.refusal()?.code == .malformedModel)
  }

  @Test func `a function of another opset is refused`() throws {
    var model = try model()
    var operators = Onnx_OperatorSetIdProto()
    operators.version = 17
    model.proto.functions[0].opsetImport = [operators]
    #expect(try model.refusal()?.code == .unsupportedOpset)
  }
}
