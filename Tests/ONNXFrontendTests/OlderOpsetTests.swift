import Diagnostics
import GraphIR
import Tensors
import Testing

@testable import ONNXFrontend

/// What was an attribute, or meant something else, in operator sets before 13.
@Suite("older operator sets")
struct OlderOpsetTests {
  private func result(
    _ opset: Int, _ op: String, _ operands: [Tensor], constants: Set<Int> = [],
    _ attributes: [Onnx_AttributeProto]
  ) throws -> Tensor {
    let model = TestModel(opset: opset, op, operands, constants: constants, attributes)
    let inputs = operands.indices.filter { !constants.contains($0) }.map { operands[$0] }
    return try #require(try results(model, inputs).first)
  }

  @Test(arguments: [7, 10])
  func `the bounds of Clip are attributes before 11`(opset: Int) throws {
    let clipped = try result(
      opset, "Clip", [try counting(5)], [.float("min", 1), .float("max", 3)])
    #expect(clipped.floats == [1, 1, 2, 3, 3])
    #expect(try result(opset, "Clip", [try counting(3)], [.float("max", 1)]).floats == [0, 1, 1])
  }

  @Test func `what Slice takes are attributes before 10`() throws {
    let taken = try result(
      9, "Slice", [try counting(2, 4)],
      [.ints("starts", [1]), .ints("ends", [-1]), .ints("axes", [1])])
    #expect(taken.floats == [1, 2, 5, 6])
  }

  @Test func `the parts of Split are an attribute before 13`() throws {
    let model = TestModel(
      opset: 11, "Split", [try counting(5)], [.ints("split", [2, 3])], outputs: ["a", "b"])
    #expect(try results(model, [try counting(5)]).map(\.floats) == [[0, 1], [2, 3, 4]])
  }

  @Test func `the axes of Squeeze, Unsqueeze and ReduceSum are attributes before 13`() throws {
    let row = try counting(1, 3)
    #expect(try result(11, "Squeeze", [row], [.ints("axes", [0])]).shape.dims == [3])
    #expect(try result(11, "Unsqueeze", [row], [.ints("axes", [1])]).shape.dims == [1, 1, 3])
    #expect(try result(11, "ReduceSum", [row], [.ints("axes", [1])]).floats == [3])
  }

  @Test func `pads and value of Pad are attributes before 11`() throws {
    let padded = try result(
      8, "Pad", [try counting(2)], [.ints("pads", [1, 2]), .float("value", 7)])
    #expect(padded.floats == [7, 0, 1, 7, 7])
  }

  @Test func `Softmax before 13 is over all axes from its own on`() throws {
    let x = try Tensor(.f32, try Shape([1, 2, 2]), [Float](repeating: 3, count: 4))
    #expect(try result(11, "Softmax", [x], []).floats == [0.25, 0.25, 0.25, 0.25])
    #expect(try result(11, "Softmax", [x], [.int("axis", 2)]).floats == [0.5, 0.5, 0.5, 0.5])
    let last = TestModel(opset: 12, "Softmax", [try counting(2, 3)], [.int("axis", 1)])
    #expect(try last.ops() == ["softmax"])
  }

  @Test func `Upsample and the Resize of 10 repeat elements`() throws {
    let scales = try Tensor.floats([1, 1, 2, 1], [4])
    let image = try counting(1, 1, 2, 2)
    let expected: [Float] = [0, 1, 0, 1, 2, 3, 2, 3]
    var attribute = Onnx_AttributeProto()
    attribute.name = "scales"
    attribute.type = .floats
    attribute.floats = scales.floats
    #expect(try result(7, "Upsample", [image], [attribute]).floats == expected)
    #expect(try result(9, "Upsample", [image, scales], constants: [1], []).floats == expected)
    #expect(try result(10, "Resize", [image, scales], constants: [1], []).floats == expected)
  }

  @Test func `a nearest reduction by the Resize of 10 is refused`() throws {
    let halves = try Tensor.floats([1, 1, 0.5, 0.5], [4])
    let model = TestModel(
      opset: 10, "Resize", [try counting(1, 1, 4, 4), halves], constants: [1])
    #expect(try model.refusal()?.code == .unsupportedAttribute)
  }

  @Test func `Upsample is unknown from 10 on`() throws {
    let model = TestModel(
      opset: 11, "Upsample", [try counting(1, 1, 2, 2), try Tensor.floats([1, 1, 2, 2], [4])],
      constants: [1])
    #expect(try model.refusal()?.code == .unsupportedOp)
  }

  @Test func `statistics per element are refused`() throws {
    let channel = try counting(2)
    let model = TestModel(
      opset: 8, "BatchNormalization",
      [try counting(1, 2, 1, 1), channel, channel, channel, channel], [.bool("spatial", false)])
    #expect(try model.refusal()?.code == .unsupportedAttribute)
  }

  @Test(arguments: ["?", "None", "-1"])
  func `extents of a name that says nothing are different extents`(name: String) throws {
    var model = TestModel(
      opset: 11, inputs: [.floats("x", [1, 1])], nodes: [Onnx_NodeProto("Relu", ["x"], ["y"])],
      outputs: ["y"])
    var open = Onnx_TensorShapeProto.Dimension()
    open.value = .dimParam(name)
    model.proto.graph.input[0].type.tensorType.shape.dim = [open, open]
    let graph = try ONNXModel(data: model.data).graph(shapes: ["x": [2, 3]])
    #expect(graph.outputs.map { graph.shape(of: $0.value).dims } == [[2, 3]])
  }
}
