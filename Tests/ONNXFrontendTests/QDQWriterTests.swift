import Diagnostics
import Foundation
import GraphIR
import Interpreter
import SwiftProtobuf
import Tensors
import Testing

@testable import ONNXFrontend

@Suite("QDQ writer")
struct QDQWriterTests {
  private static let conv =
    "strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1"
  private static let pool =
    "kernel = [2, 2], strides = [2, 2], pads = [0, 0, 0, 0], dilations = [1, 1], ceil = false, "
    + "count_includes_pad = false"

  /// A quantized graph as the compiler makes it: u8 activations, i8 weights per channel, i32 bias.
  static let quantized = """
    graph "net" quantized
    %0 = input "x" : 1x2x4x4xf32
    %1 = quantize(%0) {as = u8<0.02, zp=3>} "x_q" : 1x2x4x4xu8<0.02, zp=3>
    %2 = dequantize(%1) "x_dq" : 1x2x4x4xf32
    %3 = constant [1, -2, 3, 4] "w" : 2x2x1x1xi8<axis=0, [0.1, 0.2]>
    %4 = dequantize(%3) "w_dq" : 2x2x1x1xf32
    %5 = constant [7, 8] "b" : 2xi32<axis=0, [0.002, 0.004]>
    %6 = dequantize(%5) "b_dq" : 2xf32
    %7 = conv(%2, %4, %6) {\(conv)} "c" @"conv1" : 1x2x4x4xf32
    %8 = clip(%7) {lower = 0.0, upper = 6.0} "r" @"relu6" : 1x2x4x4xf32
    %9 = quantize(%8) {as = u8<0.05>} "r_q" : 1x2x4x4xu8<0.05>
    %10 = max_pool(%9) {\(pool)} "p" @"pool" : 1x2x2x2xu8<0.05>
    %11 = dequantize(%10) "p_dq" : 1x2x2x2xf32
    %12 = reshape(%11) {shape = [1, 8]} "f" @"flatten" : 1x8xf32
    %13 = softmax(%12) {axis = 1} "y" @"softmax" : 1x8xf32
    output "y" = %13

    """

  private func readBack(_ graph: Graph) throws -> Graph {
    var read = try ONNXModel(data: QDQWriter.data(graph)).graph()
    read.stage = graph.stage
    return read
  }

  /// The graph with the labels that the reader gives to nodes without a name taken away.
  private func withoutSources(_ graph: Graph) -> Graph {
    var copy = Graph(name: graph.name, stage: graph.stage)
    for var node in graph.nodes {
      node.source = ""
      copy.append(node)
    }
    for output in graph.outputs { copy.appendOutput(output.name, output.value) }
    return copy
  }

  @Test func `a quantized graph is read back as it was`() throws {
    var graph = try Graph(parsing: Self.quantized)
    try graph.compact()
    #expect(withoutSources(try readBack(graph)) == withoutSources(graph))
    #expect(try readBack(graph).nodes.last?.source == "softmax")
  }

  @Test func `16-bit activations are read back as they were`() throws {
    let text = Self.quantized.replacing("u8<0.05>", with: "i16<0.0005>")
      .replacing("u8<0.02, zp=3>", with: "i16<0.0002>")
    var graph = try Graph(parsing: text)
    try graph.compact()
    let read = try readBack(graph)
    #expect(withoutSources(read) == withoutSources(graph))
    let x = try Tensor.floats((0..<32).map { sin(Float($0)) }, [1, 2, 4, 4])
    #expect(try Interpreter(read).run([x]) == Interpreter(graph).run([x]))
    let proto = try Onnx_ModelProto(serializedBytes: QDQWriter.data(graph))
    #expect(proto.opsetImport.map(\.version) == [21])
    let zeroPoints = proto.graph.initializer.filter { $0.name.hasSuffix("_zero_point") }
    #expect(
      zeroPoints.filter { $0.dataType == Onnx_TensorProto.DataType.int16.rawValue }.count == 2)
  }

  @Test func `a pool says its dilations only where there are some`() throws {
    for (dilations, isSaid) in [("[1, 1]", false), ("[2, 1]", true)] {
      let pool = Self.pool.replacing("dilations = [1, 1]", with: "dilations = \(dilations)")
        .replacing("strides = [2, 2]", with: "strides = [1, 1]")
      let graph = try Graph(
        parsing: """
          graph "net" quantized
          %0 = input "x" : 1x2x4x4xf32
          %1 = average_pool(%0) {\(pool)} "p" : 1x2x\(isSaid ? 2 : 3)x3xf32
          output "y" = %1

          """)
      let proto = try Onnx_ModelProto(serializedBytes: QDQWriter.data(graph))
      let names = proto.graph.node.flatMap(\.attribute).map(\.name)
      #expect(names.contains("dilations") == isSaid)
      let read = try readBack(graph)
      #expect(read.outputs.map { read.op($0.value) } == graph.outputs.map { graph.op($0.value) })
    }
  }

  @Test func `the same graph gives the same bytes`() throws {
    let graph = try Graph(parsing: Self.quantized)
    #expect(try QDQWriter.data(graph) == QDQWriter.data(graph))
  }

  @Test func `quantization is written once for equal parameters`() throws {
    let graph = try Graph(parsing: Self.quantized)
    let proto = try Onnx_ModelProto(serializedBytes: QDQWriter.data(graph))
    #expect(proto.graph.initializer.filter { $0.name.hasSuffix("_scale") }.count == 4)
    #expect(proto.graph.node.filter { $0.opType == "QuantizeLinear" }.count == 2)
    #expect(proto.graph.node.filter { $0.opType == "DequantizeLinear" }.count == 4)
    #expect(proto.opsetImport.map(\.version) == [21])
  }

  @Test(
    arguments: [
      ("Relu", [[2, 3]], []), ("Softplus", [[2]], []), ("Gelu", [[2]], []),
      ("Transpose", [[2, 3]], [Onnx_AttributeProto.ints("perm", [1, 0])]),
      ("Flatten", [[2, 3, 4]], []), ("MatMul", [[2, 3], [3, 4]], []),
      ("Concat", [[2, 3], [1, 3]], [.int("axis", 0)]), ("Mod", [[2], [2]], [.bool("fmod", true)]),
      ("Where", [[2]], []), ("ReduceL2", [[2, 3]], [.bool("keepdims", false)]),
      ("LayerNormalization", [[2, 3], [3], [3]], []), ("LogSoftmax", [[2, 3]], [.int("axis", 0)]),
      (
        "AveragePool", [[1, 1, 4, 4]],
        [.ints("kernel_shape", [3, 3]), .ints("pads", [1, 1, 0, 0])]
      ),
      ("BatchNormalization", [[1, 2, 3], [2], [2], [2], [2]], []), ("Less", [[2], [2]], []),
    ] as [(String, [[Int]], [Onnx_AttributeProto])])
  func `an op is read back as it was`(
    sample: (op: String, shapes: [[Int]], attributes: [Onnx_AttributeProto])
  ) throws {
    var operands: [Tensor] = []
    for dims in sample.shapes {
      let shape = try Shape(dims)
      operands.append(try Tensor(.f32, shape, [Float](repeating: 1, count: shape.elementCount)))
    }
    if sample.op == "Where" {
      operands = [try Tensor(.bool, try Shape([2]), [1, 0] as [UInt8]), operands[0], operands[0]]
    }
    let graph = try TestModel(sample.op, operands, sample.attributes).imported()
    #expect(try readBack(graph) == graph)
  }

  @Test func `movement with constant operands is read back as it was`() throws {
    let x = try counting(4, 4)
    let models = [
      TestModel(
        "Slice", [x, try ints(3), try ints(-9), try ints(1), try ints(-2)],
        constants: [1, 2, 3, 4]),
      TestModel("Pad", [x, try ints(1, 0, 2, -1)], constants: [1], [.string("mode", "edge")]),
      TestModel("Expand", [x, try ints(2, 4, 4)], constants: [1]),
      TestModel("Reshape", [x, try ints(2, 8)], constants: [1]),
      TestModel("Gather", [x, try ints(0, -1)], constants: [1], [.int("axis", 1)]),
      TestModel("Clip", [x, try Tensor.floats([0], [])], constants: [1]),
      TestModel(
        "Resize", [x, try counting(0), try Tensor.floats([1.5, 2], [2])], constants: [1, 2],
        [.string("mode", "linear")]),
      TestModel(
        "Resize", [x, try counting(0), try Tensor.floats([0.7, 1], [2])], constants: [1, 2]),
    ]
    for model in models {
      let graph = try model.imported()
      let read = try readBack(graph)
      #expect(read.nodes.map(\.op) == graph.nodes.map(\.op))
      #expect(read.nodes.map(\.operands) == graph.nodes.map(\.operands))
    }
  }

  @Test func `an output that is an input, or stands twice, gets a name of its own`() throws {
    let model = TestModel(
      inputs: [.floats("x", [2])],
      nodes: [
        Onnx_NodeProto("Relu", ["x"], ["a"]), Onnx_NodeProto("Identity", ["x"], ["same"]),
        Onnx_NodeProto("Identity", ["a"], ["b"]),
      ], outputs: ["same", "a", "b"])
    let graph = try model.imported()
    let read = try readBack(graph)
    #expect(read.outputs.map(\.name) == ["same", "a", "b"])
    #expect(read.outputs.map(\.value) == graph.outputs.map(\.value))
  }

  @Test(arguments: [
    ("float", ["Softmax", "MatMul"]),
    ("faithful", ["Softmax", "QuantizeLinear", "DequantizeLinear", "MatMul"]),
    (
      "unnormalized",
      [
        "ReduceMax", "Sub", "Exp", "QuantizeLinear", "DequantizeLinear", "ReduceSum", "Max",
        "MatMul", "Div",
      ]
    ),
  ])
  func `an attention is written as its definition`(kind: String, tail: [String]) throws {
    let graph = try Graph(
      parsing: """
        graph "net" quantized
        %0 = input "q" : 1x4x3x2xf32
        %1 = input "k" : 1x2x5x2xf32
        %2 = input "v" : 1x2x5x2xf32
        %3 = input "mask" : 5xf32
        %4 = attention(%0, %1, %2, %3) {scale = 0.5, probabilities = "\(kind)"} "y" @"attention" : 1x4x3x2xf32
        output "y" = %4

        """)
    let proto = try Onnx_ModelProto(serializedBytes: QDQWriter.data(graph))
    let repeats = ["Reshape", "Expand", "Reshape"]
    #expect(
      proto.graph.node.map(\.opType)
        == repeats + repeats + ["Transpose", "MatMul", "Mul", "Add"] + tail)
    #expect(try readBack(graph).outputs.map(\.name) == ["y"])
  }

  @Test func `what makes a softmax safe is written too`() throws {
    let graph = try Graph(
      parsing: """
        graph "net" quantized
        %0 = input "x" : 2x5xf32
        %1 = safe_softmax(%0) {axis = 1} "p" @"softmax" : 2x5xf32
        %2 = input "q" : 1x3x2xf32
        %3 = attention(%2, %2, %2) {scale = 0.5, probabilities = "float", safe = true} "y" @"attention" : 1x3x2xf32
        output "p" = %1
        output "y" = %3

        """)
    let proto = try Onnx_ModelProto(serializedBytes: QDQWriter.data(graph))
    let safe = ["Softmax", "IsNaN", "Where"]
    #expect(
      proto.graph.node.map(\.opType) == safe + ["Transpose", "MatMul", "Mul"] + safe + ["MatMul"])
    #expect(try readBack(graph).outputs.map(\.name) == ["p", "y"])
  }

  @Test(arguments: ["halves", "interleaved"], [4, 6])
  func `a rotation is written as its definition`(pairing: String, size: Int) throws {
    let half = size / 2
    let graph = try Graph(
      parsing: """
        graph "net" quantized
        %0 = input "x" : 1x2x3x6xf32
        %1 = input "cosines" : 3x\(half)xf32
        %2 = input "sines" : 3x\(half)xf32
        %3 = rotary_embedding(%0, %1, %2) {pairing = "\(pairing)", size = \(size)} "y" @"rotary" : 1x2x3x6xf32
        output "y" = %3

        """)
    let proto = try Onnx_ModelProto(serializedBytes: QDQWriter.data(graph))
    let turn = ["Slice", "Slice", "Mul", "Mul", "Sub", "Mul", "Mul", "Add"]
    let joined = pairing == "halves" ? ["Concat"] : ["Reshape", "Reshape", "Concat", "Reshape"]
    #expect(
      proto.graph.node.map(\.opType) == turn + joined + (size < 6 ? ["Slice", "Concat"] : []))
    let operands = [
      try counting(1, 2, 3, 6), try Tensor.floats((0..<3 * half).map { Float($0) / 8 }, [3, half]),
      try Tensor.floats((0..<3 * half).map { 1 - Float($0) / 4 }, [3, half]),
    ]
    let read = try Interpreter(readBack(graph)).run(operands)
    #expect(try read == Interpreter(graph).run(operands))
  }

  @Test func `a fused graph is refused`() throws {
    let text = """
      graph "net" fused
      %0 = input "x" : 1x8xu8<0.02>
      %1 = constant [1, 1, 1, 1, 1, 1, 1, 1] : 8x1xi8<0.1>
      %2 = q.matmul(%0, %1) {bias = false, residual = false, as = f32} : 1x1xf32
      output "y" = %2

      """
    let error = #expect(throws: Diagnostic.self) { try QDQWriter.data(Graph(parsing: text)) }
    #expect(error?.code == .stageViolation)
  }
}
