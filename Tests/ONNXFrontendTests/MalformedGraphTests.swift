import Diagnostics
import GraphIR
import Tensors
import Testing

@testable import ONNXFrontend

/// Graphs that are no models, each with the code that it meets.
@Suite("malformed graphs")
struct MalformedGraphTests {
  private func refusal(
    of change: (inout Onnx_ModelProto) throws -> Void
  ) throws -> Diagnostic? {
    var model = try HostileModelTests.sample()
    try change(&model.proto)
    return try model.refusal()
  }

  @Test func `a cycle names a node`() throws {
    let error = try refusal { $0.graph.node[0].input[0] = "r" }
    #expect(error?.code == .cyclicGraph)
    #expect(error?.location == "node 'relu1'" || error?.location == "node 'conv1'")
    let itself = try refusal { $0.graph.node[1].input[0] = "r" }
    #expect(itself?.code == .cyclicGraph)
    #expect(itself?.message == "it reads 'r', which depends on the node itself")
  }

  @Test func `a value that nothing makes is named`() throws {
    let error = try refusal { $0.graph.node[1].input[0] = "gone" }
    #expect(error?.code == .missingInput)
    #expect(error?.location == "node 'relu1'")
    #expect(error?.message == "it reads 'gone', which nothing makes")
    let output = try refusal { $0.graph.output[0].name = "gone" }
    #expect(output?.code == .missingInput)
  }

  @Test func `names given twice are refused`() throws {
    #expect(try refusal { $0.graph.node[1].output[0] = "c" }?.code == .duplicateName)
    #expect(try refusal { $0.graph.node[1].output[0] = "x" }?.code == .duplicateName)
    #expect(try refusal { $0.graph.node[1].output[0] = "w" }?.code == .duplicateName)
    #expect(try refusal { $0.graph.input.append($0.graph.input[0]) }?.code == .duplicateName)
    #expect(
      try refusal { $0.graph.initializer.append($0.graph.initializer[0]) }?.code == .duplicateName)
    #expect(try refusal { $0.graph.output.append($0.graph.output[0]) }?.code == .duplicateName)
  }

  @Test func `nodes and models without outputs are refused`() throws {
    #expect(try refusal { $0.graph.node[1].output = [] }?.code == .invalidGraph)
    #expect(try refusal { $0.graph.output = [] }?.code == .malformedModel)
  }

  @Test func `an unknown op is named with its node, its opset and what is known`() throws {
    let error = try refusal {
      $0.graph.node[1].opType = "LSTM"
      $0.graph.node[2].opType = "GRU"
    }
    #expect(error?.code == .unsupportedOp)
    #expect(error?.location == "node 'relu1'")
    #expect(error?.message == "the op LSTM of opset 21 is not supported; neither are GRU")
    #expect(error?.hint?.hasPrefix("supported are Abs, Add, ") == true)
    let foreign = try refusal { $0.graph.node[1].domain = "com.microsoft" }
    #expect(foreign?.message == "the op com.microsoft.Relu of opset 21 is not supported")
    #expect(try refusal { $0.graph.node[1].opType = "Swish" }?.code == .unsupportedOp)
  }

  @Test(arguments: [0, 6, 29, -1, Int64.max])
  func `an unknown opset is refused`(version: Int64) throws {
    let error = try refusal { $0.opsetImport[0].version = version }
    #expect(error?.code == .unsupportedOpset)
    #expect(try refusal { $0.opsetImport = [] }?.code == .unsupportedOpset)
  }

  @Test(arguments: [
    Onnx_AttributeProto.ints("strides", [0, 1]), .ints("strides", [1]), .ints("strides", [-1, 1]),
    .ints("dilations", [0, 0]), .ints("dilations", [Int.max, Int.max]),
    .ints("pads", [Int.min, 0, 0, Int.max]), .int("group", 0), .int("group", -1),
    .int("group", Int.max), .ints("kernel_shape", [2, 2]), .float("strides", 1), .int("bogus", 1),
    .string("auto_pad", "SOMEHOW"), .ints("pads", [1, 1]), .int("group", 2),
    .ints("dilations", [9, 9]),
  ])
  func `a wrong attribute of a convolution names the node`(attribute: Onnx_AttributeProto) throws {
    let error = try refusal {
      $0.graph.node[0].attribute.removeAll { $0.name == attribute.name }
      $0.graph.node[0].attribute.append(attribute)
    }
    #expect(error?.code == .invalidAttribute || error?.code == .shapeMismatch)
    #expect(error?.location == "node 'conv1' (Conv)")
  }

  @Test func `an attribute given twice is refused`() throws {
    let error = try refusal { $0.graph.node[0].attribute.append(.int("group", 1)) }
    #expect(error?.code == .invalidAttribute)
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func `weights that are not finite name the node`(value: Float) throws {
    let error = try refusal {
      let weights = try Tensor.floats([Float](repeating: value, count: 18), [2, 1, 3, 3])
      $0.graph.initializer[0] = Onnx_TensorProto(weights, name: "w")
    }
    #expect(error?.code == .nonFiniteWeights)
    #expect(error?.location == "node 'conv1' (Conv)")
    #expect(error?.message == "the constant 'w' holds \(value.isNaN ? "NaN" : "an infinity")")
  }

  @Test(arguments: [0, -1, Float.nan, .infinity, 0x1p-120, 1e38])
  func `a scale that is no finite positive number is refused`(scale: Float) throws {
    let error = try refusal {
      $0.graph.initializer[1] = Onnx_TensorProto(try Tensor.floats([scale], []), name: "scale")
    }
    #expect(error?.code == .invalidQuantization)
    #expect(error?.location == "node 'q1' (QuantizeLinear)")
  }

  @Test func `scales and zero points that do not fit are refused`() throws {
    let long = try refusal {
      $0.graph.initializer[1] = Onnx_TensorProto(
        try Tensor.floats([1, 2, 3], [3]), name: "scale")
    }
    #expect(long?.code == .invalidQuantization)
    let type = try refusal {
      $0.graph.initializer[1] = Onnx_TensorProto(try ints(1), name: "scale")
    }
    #expect(type?.code == .invalidQuantization)
  }

  @Test func `inputs of a wrong shape or type are refused`() throws {
    let negative = try refusal {
      $0.graph.input[0] = .floats("x", [1, 1, 4, 4])
      $0.graph.input[0].type.tensorType.shape.dim[2].dimValue = -4
    }
    #expect(negative?.code == .shapeMismatch)
    #expect(negative?.location == "input 'x'")
    let huge = try refusal {
      $0.graph.input[0] = .floats("x", [1 << 31, 1 << 31, 1, 1])
    }
    #expect(huge?.code == .shapeOverflow)
    let text = try refusal { $0.graph.input[0].type.tensorType.elemType = 8 }
    #expect(text?.code == .unsupportedElementType)
    let sequence = try refusal {
      $0.graph.input[0].type.value = .sequenceType(Onnx_TypeProto.Sequence())
    }
    #expect(sequence?.code == .unsupportedElementType)
  }

  @Test func `a sparse initializer is refused`() throws {
    let error = try refusal { $0.graph.sparseInitializer.append(Onnx_SparseTensorProto()) }
    #expect(error?.code == .unsupportedElementType)
  }

  @Test(arguments: [
    [-2, 8], [0, 0, 0, 0, 0], [-1, -1], [5, -1], [7, 7], [Int64.max, Int64.max], [Int64.min],
  ])
  func `an impossible reshape names the node`(shape: [Int64]) throws {
    let error = try refusal {
      $0.graph.initializer[3] = Onnx_TensorProto(
        try Tensor.int64s(shape, [shape.count]), name: "shape")
    }
    #expect(error?.code == .shapeMismatch || error?.code == .shapeOverflow)
    #expect(error?.location == "node 'reshape1' (Reshape)")
  }

  @Test func `an axis or index out of range is refused`() throws {
    let softmax = TestModel("Softmax", [try counting(2, 2)], [.int("axis", 2)])
    #expect(try softmax.refusal()?.code == .invalidAttribute)
    let gather = TestModel("Gather", [try counting(2, 2), try ints(2)], constants: [1])
    #expect(try gather.refusal()?.code == .invalidAttribute)
    let squeeze = TestModel("Squeeze", [try counting(2, 1), try ints(1, 1)], constants: [1])
    #expect(try squeeze.refusal()?.code == .invalidAttribute)
    let axes = TestModel(
      "ReduceSum", [try counting(2, 1), try ints(Int64.min)], constants: [1])
    #expect(try axes.refusal()?.code == .invalidAttribute)
    let split = TestModel(
      "Split", [try counting(4), try ints(5, -1)], constants: [1], outputs: ["a", "b"])
    #expect(try split.refusal()?.code == .shapeMismatch)
    let pad = TestModel(
      "Pad", [try counting(4), try ints(Int64.max, Int64.max)], constants: [1])
    #expect(try pad.refusal()?.code == .shapeMismatch)
    let tile = TestModel("Tile", [try counting(4), try ints(1 << 40)], constants: [1])
    #expect(try tile.refusal()?.code == .shapeOverflow)
  }

  @Test(arguments: [
    [0, Int.max, Int.max], [1 << 39, 0, 1 << 39], [0, 1 << 41], [Int.max, 0],
  ])
  func `extents beside one of 0 are bounded as well`(dims: [Int]) throws {
    for op in ["Flatten", "Relu", "Transpose", "Shape", "Trilu", "GlobalAveragePool"] {
      let model = TestModel(
        inputs: [.floats("x", dims)], nodes: [Onnx_NodeProto(op, ["x"], ["y"])], outputs: ["y"])
      #expect(try model.refusal()?.code == .shapeOverflow, "\(op)")
    }
  }

  @Test func `an operand that must be constant is named`() throws {
    let model = TestModel("Reshape", [try counting(4), try ints(2, 2)])
    let error = try model.refusal()
    #expect(error?.code == .unsupportedAttribute)
    #expect(error?.message == "the operand 'shape' must be a constant")
  }
}
