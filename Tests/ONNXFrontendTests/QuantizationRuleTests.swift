import Diagnostics
import GraphIR
import Tensors
import Testing

@testable import ONNXFrontend

@Suite("quantize and dequantize")
struct QuantizationRuleTests {
  @Test func `constant scales become the quantization of a type`() throws {
    let x = try counting(2, 3)
    let model = TestModel(
      "QuantizeLinear",
      [x, try Tensor.floats([0.5], []), try Tensor.integers(.i8, .scalar, [-7])],
      constants: [1, 2])
    let type = try #require(try model.imported().nodes.last?.type)
    #expect(type.element == .i8)
    #expect(type.quantization == (try QuantParams(scale: 0.5, zeroPoint: -7)))
  }

  @Test(arguments: [(ElementType.i16, 0), (.i16, 5), (.u16, 32768)] as [(ElementType, Int64)])
  func `16-bit integers are pairs of their own type`(
    element: ElementType, zeroPoint: Int64
  ) throws {
    let zero = try Tensor.integers(element, .scalar, [zeroPoint])
    let model = TestModel(
      inputs: [.floats("x", [5])],
      initializers: [("s", try Tensor.floats([0.5], [])), ("z", zero)],
      nodes: [
        Onnx_NodeProto("QuantizeLinear", ["x", "s", "z"], ["q"]),
        Onnx_NodeProto("DequantizeLinear", ["q", "s", "z"], ["d"]),
        Onnx_NodeProto("Sigmoid", ["d"], ["y"]),
      ], outputs: ["d", "y"])
    let graph = try model.imported()
    #expect(graph.nodes.map(\.op.mnemonic) == ["input", "quantize", "dequantize", "sigmoid"])
    let type = graph.nodes[1].type
    #expect(type.element == element)
    #expect(type.isActivation == (element == .i16 && zeroPoint == 0))
    let x = try Tensor.floats([-1e6, -0.75, 0, 1.25, 1e6], [5])
    let bounds = try #require(element.integerBounds)
    let low = Float(bounds.lowerBound - zeroPoint) / 2
    let high = Float(bounds.upperBound - zeroPoint) / 2
    #expect(try results(model, [x])[0].floats == [low, -1, 0, 1, high])
  }

  @Test(arguments: ["com.microsoft", "com.example"])
  func `16-bit pairs of an older opset stand in a domain of their own`(domain: String) throws {
    let zero = try Tensor.integers(.i16, .scalar, [0])
    var nodes = [
      Onnx_NodeProto("QuantizeLinear", ["x", "s", "z"], ["q"]),
      Onnx_NodeProto("DequantizeLinear", ["q", "s", "z"], ["y"]),
    ]
    for index in nodes.indices { nodes[index].domain = domain }
    let model = TestModel(
      opset: 17, inputs: [.floats("x", [2])],
      initializers: [("s", try Tensor.floats([0.5], [])), ("z", zero)], nodes: nodes,
      outputs: ["y"])
    guard domain == "com.microsoft" else {
      #expect(try model.refusal()?.code == .unsupportedOp)
      return
    }
    #expect(try model.imported().nodes[1].type.isActivation)
    #expect(try results(model, [try Tensor.floats([1.3, -1e6], [2])])[0].floats == [1.5, -16384])
  }

  @Test func `channels and groups share scales`() throws {
    let weights = try Tensor.integers(.i8, try Shape([2, 4]), [1, 2, 3, 4, 5, 6, 7, 8])
    let channels = TestModel(
      "DequantizeLinear", [weights, try Tensor.floats([1, 10], [2])], constants: [0, 1],
      [.int("axis", 0)])
    #expect(try results(channels, [])[0].floats == [1, 2, 3, 4, 50, 60, 70, 80])
    let groups = TestModel(
      "DequantizeLinear", [weights, try Tensor.floats([1, 10, 100, 1000], [2, 2])],
      constants: [0, 1], [.int("axis", 1), .int("block_size", 2)])
    #expect(try results(groups, [])[0].floats == [1, 2, 30, 40, 500, 600, 7000, 8000])
  }

  @Test func `an integer input gets the quantization of its dequantize`() throws {
    let x = try Tensor.integers(.u8, try Shape([1, 2]), [3, 5])
    let model = TestModel(
      inputs: [Onnx_ValueInfoProto("x", TensorType(.u8, x.shape))],
      initializers: [
        ("s", try Tensor.floats([2], [])), ("z", try Tensor.integers(.u8, .scalar, [3])),
        ("shape", try ints(2, 1)),
      ],
      nodes: [
        Onnx_NodeProto("Reshape", ["x", "shape"], ["r"]),
        Onnx_NodeProto("DequantizeLinear", ["r", "s", "z"], ["y"]),
      ], outputs: ["y"])
    let graph = try model.imported()
    #expect(graph.nodes.map(\.op.mnemonic) == ["input", "reshape", "dequantize"])
    #expect(graph.quantization(of: graph.inputs[0])?.zeroPoint == 3)
    #expect(try results(model, [x])[0].floats == [0, 4])
  }

  @Test func `scales known at run time become arithmetic`() throws {
    let operands = [
      try Tensor.floats([-300, 1.5, 2.5, 300], [4]), try Tensor.floats([1], []),
      try Tensor.integers(.u8, .scalar, [10]),
    ]
    let quantize = TestModel("QuantizeLinear", operands)
    #expect(try !quantize.ops().contains("quantize"))
    #expect(try results(quantize, operands)[0].integers == [0, 12, 12, 255])
    let integers = try results(quantize, operands)[0]
    let dequantize = TestModel("DequantizeLinear", [integers, operands[1], operands[2]])
    #expect(
      try results(dequantize, [integers, operands[1], operands[2]])[0].floats == [-10, 2, 2, 245])
  }

  @Test func `a second dequantize with another scale keeps its meaning`() throws {
    let x = try Tensor.floats([2, 4], [2])
    let model = TestModel(
      inputs: [.floats("x", [2])],
      initializers: [
        ("s", try Tensor.floats([2], [])), ("t", try Tensor.floats([3], [])),
        ("z", try Tensor.integers(.u8, .scalar, [0])),
      ],
      nodes: [
        Onnx_NodeProto("QuantizeLinear", ["x", "s", "z"], ["q"]),
        Onnx_NodeProto("DequantizeLinear", ["q", "t", "z"], ["y"]),
      ], outputs: ["y"])
    #expect(try results(model, [x])[0].floats == [3, 6])
  }

  @Test func `quantized weights of a convolution over one axis are reshaped as integers`() throws {
    let model = TestModel(
      inputs: [.floats("x", [1, 1, 4])],
      initializers: [
        ("w", try Tensor.integers(.i8, try Shape([2, 1, 2]), [1, 1, 2, 2])),
        ("s", try Tensor.floats([1, 0.5], [2])),
      ],
      nodes: [
        Onnx_NodeProto("DequantizeLinear", ["w", "s"], ["d"], [.int("axis", 0)]),
        Onnx_NodeProto("Conv", ["x", "d"], ["y"]),
      ], outputs: ["y"])
    #expect(try model.ops() == ["reshape", "dequantize", "conv", "reshape"])
    #expect(try results(model, [try counting(1, 1, 4)])[0].floats == [1, 3, 5, 1, 3, 5])
  }

  @Test func `the QOperator form becomes dequantize, op and quantize`() throws {
    let scale = try Tensor.floats([1], [])
    let zero = try Tensor.integers(.u8, .scalar, [0])
    let weightZero = try Tensor.integers(.i8, .scalar, [0])
    let x = try Tensor.integers(.u8, try Shape([1, 1, 2, 2]), [1, 2, 3, 4])
    let weights = try Tensor.integers(.i8, try Shape([1, 1, 2, 2]), [1, 1, 1, 1])
    let model = TestModel(
      "QLinearConv",
      [
        x, scale, zero, weights, scale, weightZero, scale, zero,
        try Tensor.integers(.i32, try Shape([1]), [5]),
      ],
      constants: [1, 2, 3, 4, 5, 6, 7, 8])
    #expect(
      try model.ops() == ["dequantize", "dequantize", "dequantize", "conv", "quantize"])
    #expect(try results(model, [x])[0].integers == [15])
  }
}
