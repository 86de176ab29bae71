import Diagnostics
import GraphIR
import Tensors
import Testing

@testable import ONNXFrontend

@Suite("shape folding")
struct ShapeFoldingTests {
  @Test func `a chain from Shape to Reshape becomes one reshape`() throws {
    let model = TestModel(
      inputs: [.floats("x", [-1, 6])],
      initializers: [
        ("zero", try Tensor.int64s([0], [])), ("axes", try ints(0)),
        ("rest", try ints(2, -1)),
      ],
      nodes: [
        Onnx_NodeProto("Shape", ["x"], ["shape"]),
        Onnx_NodeProto("Gather", ["shape", "zero"], ["batch"], [.int("axis", 0)]),
        Onnx_NodeProto("Unsqueeze", ["batch", "axes"], ["list"]),
        Onnx_NodeProto("Concat", ["list", "rest"], ["target"], [.int("axis", 0)]),
        Onnx_NodeProto("Reshape", ["x", "target"], ["y"]),
      ], outputs: ["y"])
    let graph = try ONNXModel(data: model.data).graph(symbols: ["n": 5])
    #expect(graph.nodes.map(\.op.mnemonic) == ["input", "reshape"])
    #expect(graph.nodes.last?.type.shape.dims == [5, 2, 3])
  }

  @Test(arguments: [
    ("Add", [5, 9]), ("Sub", [3, 5]), ("Mul", [4, 14]), ("Div", [4, 3]), ("Min", [1, 2]),
    ("Max", [4, 7]), ("Mod", [0, 1]),
  ])
  func `integer arithmetic folds`(operation: (op: String, expected: [Int64])) throws {
    let model = TestModel(
      operation.op, [try ints(4, 7), try ints(1, 2)], constants: [0, 1])
    let graph = try model.imported()
    #expect(graph.constant(ValueID(0))?.integers == operation.expected)
    #expect(graph.nodes.count == 1)
  }

  @Test func `a division by zero is left to run time`() throws {
    let model = TestModel("Div", [try ints(4), try ints(0)], constants: [0, 1])
    #expect(try model.ops() == ["div"])
  }

  @Test func `comparison, choice and conversion fold`() throws {
    let model = TestModel(
      inputs: [],
      initializers: [("a", try ints(1, -1, 3)), ("b", try ints(1, 2, 3))],
      nodes: [
        Onnx_NodeProto("Equal", ["a", "b"], ["mask"]),
        Onnx_NodeProto("Where", ["mask", "a", "b"], ["chosen"]),
        Onnx_NodeProto(
          "Cast", ["chosen"], ["y"], [.int("to", Int(ElementType.f32.onnxType.rawValue))]),
      ], outputs: ["y"])
    #expect(try model.imported().constant(ValueID(0))?.floats == [1, 2, 3])
  }

  @Test(arguments: [
    ([0, 10, 3], [0, 3, 6, 9]), ([5, 0, -2], [5, 3, 1]), ([3, 3, 1], []), ([0, 3, -1], []),
  ])
  func `Range of integers folds`(range: (operands: [Int64], expected: [Int64])) throws {
    let operands = try range.operands.map { try Tensor.int64s([$0], []) }
    let model = TestModel("Range", operands, constants: [0, 1, 2])
    #expect(try model.imported().constant(ValueID(0))?.integers == range.expected)
  }

  @Test(arguments: [
    (0, false, false, [1, 2, 3, 5, 7, 9]), (1, false, false, [1, 3, 6, 4, 9, 15]),
    (-1, true, false, [0, 1, 3, 0, 4, 9]), (1, false, true, [6, 5, 3, 15, 11, 6]),
    (1, true, true, [5, 3, 0, 11, 6, 0]),
  ])
  func `CumSum of a constant folds`(
    sum: (axis: Int64, isExclusive: Bool, isReversed: Bool, expected: [Int64])
  ) throws {
    let attributes: [Onnx_AttributeProto] = [
      .bool("exclusive", sum.isExclusive), .bool("reverse", sum.isReversed),
    ]
    let axis = try Tensor.int64s([sum.axis], [])
    let x = try Tensor.int64s([1, 2, 3, 4, 5, 6], [2, 3])
    let model = TestModel("CumSum", [x, axis], constants: [0, 1], attributes)
    #expect(try model.imported().constant(ValueID(0))?.integers == sum.expected)
    let reals = try Tensor.floats([1, 2, 3, 4, 5, 6], [2, 3])
    let floats = TestModel("CumSum", [reals, axis], constants: [0, 1], attributes)
    #expect(
      try floats.imported().constant(ValueID(0))?.floats == sum.expected.map { Float($0) })
  }

  @Test func `CumSum of a computed value is refused by name`() throws {
    let x = try Tensor.floats([1, 2, 3], [3])
    let model = TestModel("CumSum", [x, try ints(0)], constants: [1])
    let error = #expect(throws: Diagnostic.self) { try model.imported() }
    #expect(error?.code == .unsupportedAttribute)
    #expect(error?.location?.contains("CumSum") == true)
  }

  @Test func `movement of constants folds`() throws {
    let x = try Tensor.int64s([1, 2, 3, 4, 5, 6], [2, 3])
    let turned = TestModel("Transpose", [x], constants: [0])
    #expect(try turned.imported().constant(ValueID(0))?.integers == [1, 4, 2, 5, 3, 6])
    let expanded = TestModel(
      "Expand", [try ints(7), try ints(2, 2)], constants: [0, 1])
    #expect(try expanded.imported().constant(ValueID(0))?.integers == [7, 7, 7, 7])
    let joined = TestModel("Concat", [x, x], constants: [0, 1], [.int("axis", 1)])
    #expect(
      try joined.imported().constant(ValueID(0))?.integers == [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6])
    let product = TestModel("ReduceProd", [x], constants: [0], [.bool("keepdims", false)])
    #expect(try product.imported().constant(ValueID(0))?.integers == [720])
  }

  @Test func `a large constant of shape is not materialized`() throws {
    let model = TestModel(
      "ConstantOfShape", [try ints(1 << 20, 1 << 19)], constants: [0])
    #expect(try model.ops() == ["expand"])
  }
}
