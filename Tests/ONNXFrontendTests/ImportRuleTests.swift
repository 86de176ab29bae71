import GraphIR
import Tensors
import Testing

@testable import ONNXFrontend

@Suite("import rules")
struct ImportRuleTests {
  @Test(arguments: [
    ("Relu", "relu"), ("Sigmoid", "sigmoid"), ("Tanh", "tanh"), ("Exp", "exp"), ("Log", "log"),
    ("Sqrt", "sqrt"), ("Reciprocal", "reciprocal"), ("Neg", "neg"), ("Abs", "abs"),
    ("Erf", "erf"), ("Floor", "floor"), ("Ceil", "ceil"), ("Round", "round"), ("Sign", "sign"),
    ("Sin", "sin"), ("Cos", "cos"), ("HardSwish", "hard_swish"), ("Gelu", "gelu"),
    ("Elu", "elu"), ("Softplus", "softplus"), ("LeakyRelu", "leaky_relu"),
    ("HardSigmoid", "hard_sigmoid"), ("Softmax", "softmax"), ("LogSoftmax", "log_softmax"),
    ("ReduceSum", "reduce_sum"), ("ReduceMean", "reduce_mean"), ("ReduceL2", "reduce_l2"),
    ("GlobalAveragePool", "average_pool"), ("GlobalMaxPool", "max_pool"),
    ("Flatten", "reshape"), ("Transpose", "transpose"),
  ])
  func `an op of one operand becomes one op`(names: (onnx: String, op: String)) throws {
    let model = TestModel(names.onnx, [try counting(1, 2, 2, 2)])
    #expect(try model.ops() == [names.op])
    let node = try #require(try model.imported().nodes.last)
    #expect(node.name == "y")
    #expect(node.source == "node")
  }

  @Test(arguments: [
    ("Add", "add"), ("Sub", "sub"), ("Mul", "mul"), ("Div", "div"), ("Pow", "pow"),
    ("Min", "min"), ("Max", "max"), ("PRelu", "prelu"), ("Equal", "equal"), ("Less", "less"),
    ("Greater", "greater"), ("LessOrEqual", "less_or_equal"),
    ("GreaterOrEqual", "greater_or_equal"),
  ])
  func `an op of two operands becomes one op`(names: (onnx: String, op: String)) throws {
    let model = TestModel(names.onnx, [try counting(2, 3), try counting(1, 3)])
    #expect(try model.ops() == [names.op])
  }

  @Test func `Gemm becomes transpose, matmul, mul and add`() throws {
    let operands = [try counting(3, 2), try counting(4, 3), try counting(4)]
    let plain = TestModel("Gemm", [try counting(2, 3), try counting(3, 4), operands[2]])
    #expect(try plain.ops() == ["matmul", "add"])
    let full = TestModel(
      "Gemm", operands,
      [.bool("transA", true), .bool("transB", true), .float("alpha", 0.5), .float("beta", 2)])
    #expect(
      try full.ops() == ["transpose", "transpose", "matmul", "mul", "mul", "add"])
    // Row 0 of A' is [0, 2, 4], column 1 of B' is [3, 4, 5].
    #expect(try results(full, operands)[0].floats[1] == 0.5 * 28 + 2)
  }

  @Test(arguments: [
    ([3], [3], []), ([3], [2, 3, 4], [2, 4]), ([2, 5, 3], [3], [2, 5]), ([2, 3], [3, 4], [2, 4]),
  ])
  func `MatMul gives a vector an axis and takes it away`(
    shapes: (lhs: [Int], rhs: [Int], result: [Int])
  ) throws {
    let operands = try [shapes.lhs, shapes.rhs].map { dims in
      let shape = try Shape(dims)
      return try Tensor(.f32, shape, [Float](repeating: 1, count: shape.elementCount))
    }
    let model = TestModel("MatMul", operands)
    let result = try results(model, operands)[0]
    #expect(result.shape.dims == shapes.result)
    #expect(result.floats.allSatisfy { $0 == 3 })
  }

  @Test func `a convolution over one axis becomes one over two`() throws {
    let operands = [try counting(1, 1, 5), try counting(1, 1, 3)]
    let model = TestModel("Conv", operands, [.ints("pads", [1, 1]), .ints("strides", [2])])
    #expect(try model.ops() == ["reshape", "reshape", "conv", "reshape"])
    #expect(try results(model, operands)[0].floats == [2, 8, 4])
  }

  @Test(arguments: [
    ("SAME_UPPER", [0, 0, 1, 1]), ("SAME_LOWER", [1, 1, 0, 0]), ("VALID", [0, 0, 0, 0]),
  ])
  func `auto_pad is resolved at import`(padding: (mode: String, pads: [Int])) throws {
    let model = TestModel(
      "MaxPool", [try counting(1, 1, 4, 4)],
      [.ints("kernel_shape", [2, 2]), .string("auto_pad", padding.mode)])
    guard case .pool(let pooling)? = try model.imported().nodes.last?.op else {
      Issue.record("no pool")
      return
    }
    #expect(pooling.pads == padding.pads)
  }

  @Test func `Clip takes constant bounds, missing ones and computed ones`() throws {
    let x = try counting(4)
    let (low, high) = (try Tensor.floats([1], []), try Tensor.floats([2], []))
    let constant = TestModel("Clip", [x, low, high], constants: [1, 2])
    #expect(try constant.imported().nodes.last?.op == .unary(.clip(lower: 1, upper: 2)))
    let computed = TestModel("Clip", [x, low, high])
    #expect(try results(computed, [x, low, high])[0].floats == [1, 1, 2, 2])
    let open = TestModel("Clip", [x])
    #expect(try open.imported().nodes.last?.op == .unary(.clip(lower: nil, upper: nil)))
  }

  @Test func `Split becomes slices, of which unread ones are left out`() throws {
    let x = try counting(5)
    var model = TestModel(
      "Split", [x, try ints(2, 3)], constants: [1], [.int("axis", 0)], outputs: ["a", "b"])
    #expect(try results(model, [x]).map(\.floats) == [[0, 1], [2, 3, 4]])
    model.proto.graph.output.removeFirst()
    #expect(try model.ops() == ["slice"])
  }

  @Test(arguments: [
    ([1], [Int64.max], [1], [1, 2, 3]), ([-1], [Int64.min], [-1], [3, 2, 1, 0]),
    ([-2], [4], [1], [2, 3]), ([3], [1], [1], []), ([0], [4], [Int64.max], [0]),
    ([9], [-9], [-2], [3, 1]), ([3], [0], [Int64.min], [3]),
  ])
  func `Slice clamps positions to the axis`(
    slice: (starts: [Int64], ends: [Int64], steps: [Int64], expected: [Float])
  ) throws {
    let x = try counting(4)
    let model = TestModel(
      "Slice",
      [
        x, try Tensor.int64s(slice.starts, [1]), try Tensor.int64s(slice.ends, [1]),
        try ints(0), try Tensor.int64s(slice.steps, [1]),
      ], constants: [1, 2, 3, 4])
    #expect(try results(model, [x])[0].floats == slice.expected)
  }

  @Test(arguments: [
    ([2, -1], [2, 6], false), ([0, 0, -1], [3, 4, 1], false), ([12], [12], false),
    ([-1], [12], false), ([4, 3, 1], [4, 3, 1], true),
  ])
  func `Reshape copies and infers extents`(
    reshape: (given: [Int64], expected: [Int], allowsZero: Bool)
  ) throws {
    let model = TestModel(
      "Reshape", [try counting(3, 4), try Tensor.int64s(reshape.given, [reshape.given.count])],
      constants: [1], [.bool("allowzero", reshape.allowsZero)])
    #expect(try model.imported().nodes.last?.type.shape.dims == reshape.expected)
  }

  @Test func `Trilu keeps a triangle`() throws {
    let x = try counting(2, 3)
    let upper = TestModel("Trilu", [x])
    #expect(try results(upper, [x])[0].floats == [0, 1, 2, 0, 4, 5])
    let lower = TestModel(
      "Trilu", [x, try Tensor.int64s([-1], [])], constants: [1], [.bool("upper", false)])
    #expect(try results(lower, [x])[0].floats == [0, 0, 0, 3, 0, 0])
  }

  @Test func `Tile repeats along every axis`() throws {
    let x = try counting(1, 2)
    let model = TestModel("Tile", [x, try ints(2, 2)], constants: [1])
    #expect(try results(model, [x])[0].floats == [0, 1, 0, 1, 0, 1, 0, 1])
  }

  @Test(arguments: [
    ("DCR", [0, 2, 4, 6] as [Float]), ("CRD", [0, 2, 4, 6]),
  ])
  func `DepthToSpace and SpaceToDepth undo each other`(mode: (String, [Float])) throws {
    let x = try counting(1, 4, 1, 2)
    let spread = TestModel("DepthToSpace", [x], [.int("blocksize", 2), .string("mode", mode.0)])
    let image = try results(spread, [x])[0]
    #expect(image.shape.dims == [1, 1, 2, 4])
    let joined = TestModel("SpaceToDepth", [image], [.int("blocksize", 2)])
    #expect(try results(joined, [image])[0].floats == x.floats)
    #expect(Array(image.floats.prefix(2)) == [mode.1[0], mode.1[1]])
  }

  @Test func `Dropout and Identity vanish`() throws {
    #expect(try TestModel("Dropout", [try counting(2)]).ops().isEmpty)
    #expect(try TestModel("Identity", [try counting(2)]).ops().isEmpty)
  }

  @Test func `reductions take axes as attribute and as operand`() throws {
    let x = try counting(2, 3)
    let attribute = TestModel(
      opset: 13, "ReduceMean", [x], [.ints("axes", [-1]), .bool("keepdims", false)])
    let operand = TestModel(
      opset: 18, "ReduceMean", [x, try ints(1)], constants: [1], [.bool("keepdims", false)])
    for model in [attribute, operand] {
      #expect(try results(model, [x])[0].floats == [1, 4])
    }
    let empty = TestModel("ReduceSum", [x], [.bool("noop_with_empty_axes", true)])
    #expect(try empty.ops().isEmpty)
  }

  @Test func `an unsorted model is sorted`() throws {
    let model = TestModel(
      inputs: [.floats("x", [2])],
      nodes: [
        Onnx_NodeProto("Relu", ["a"], ["y"], name: "second"),
        Onnx_NodeProto("Neg", ["x"], ["a"], name: "first"),
      ], outputs: ["y"])
    #expect(try model.ops() == ["neg", "relu"])
  }
}
