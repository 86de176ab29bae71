import Diagnostics
import GraphIR
import Interpreter
import Tensors
import Testing

@testable import ONNXFrontend

/// ONNX ops that are compositions of ops of GraphIR.
@Suite("import of compositions")
struct CompositionRuleTests {
  private func isClose(_ x: [Float], _ y: [Float]) -> Bool {
    x.count == y.count && zip(x, y).allSatisfy { abs($0 - $1) <= 1e-4 * max(1, abs($1)) }
  }

  @Test(arguments: [
    ("ij,jk->ik", [2, 3], [3, 2], [2, 2], [10, 13, 28, 40] as [Float]),
    ("ij,kj->ki", [2, 3], [2, 3], [2, 2], [5, 14, 14, 50]),
    ("ij,kj", [2, 3], [2, 3], [2, 2], [5, 14, 14, 50]),
    ("bij,bjk->bik", [2, 1, 2], [2, 2, 1], [2, 1, 1], [1, 13]),
    ("i,j->ij", [2], [3], [2, 3], [0, 0, 0, 0, 1, 2]),
    ("ij,ij->ij", [2, 2], [2, 2], [2, 2], [0, 1, 4, 9]),
    ("ij,ij->ji", [2, 2], [2, 2], [2, 2], [0, 4, 1, 9]),
    ("ij,ij->", [2, 2], [2, 2], [], [14]),
    ("ij,k->k", [2, 2], [2], [2], [0, 6]),
    ("...ij,...jk->...ik", [2, 1, 2], [2, 1], [2, 1, 1], [1, 3]),
    ("abc,dbc->ad", [1, 2, 2], [2, 2, 2], [1, 2], [14, 38]),
    ("bhd,hde->be", [1, 2, 2], [2, 2, 1], [1, 1], [14]),
    (" ij , jk -> ik ", [1, 2], [2, 1], [1, 1], [1]),
  ])
  func `Einsum of two operands`(
    sum: (equation: String, lhs: [Int], rhs: [Int], dims: [Int], expected: [Float])
  ) throws {
    let operands = try [sum.lhs, sum.rhs].map { dims in
      let count = dims.reduce(1, *)
      return try Tensor.floats((0..<count).map { Float($0) }, dims)
    }
    let model = TestModel("Einsum", operands, [.string("equation", sum.equation)])
    let result = try results(model, operands)[0]
    #expect(result.shape.dims == sum.dims)
    #expect(result.floats == sum.expected)
  }

  @Test(arguments: [
    ([3, 2], 0, [-1, 0], [1, 2], [4, 1] as [Float]),
    ([3, 2], 0, [1, 2, 0, -3], [2, 2], [2, 5, 0, 1]),
    ([3, 2], 1, [1, -2, 0], [3, 1], [1, 2, 4]),
    ([2, 2, 2], 2, [1, 0, 1, 1], [2, 1, 2], [1, 0, 5, 5]),
  ])
  func `GatherElements takes single elements`(
    sample: (dims: [Int], axis: Int, indices: [Int64], shape: [Int], expected: [Float])
  ) throws {
    let count = sample.dims.reduce(1, *)
    let x = try Tensor.floats((0..<count).map { Float($0) }, sample.dims)
    let indices = try Tensor.int64s(sample.indices, sample.shape)
    let model = TestModel("GatherElements", [x, indices], [.int("axis", sample.axis)])
    let result = try results(model, [x, indices])[0]
    #expect(result.shape.dims == sample.shape)
    #expect(result.floats == sample.expected)
  }

  @Test(arguments: [
    ([2, 2], 0, [0, 0, 1, -1], [2, 2], [2], [0, 3] as [Float]),
    ([2, 2], 0, [1, 0], [2, 1], [2, 2], [2, 3, 0, 1]),
    ([2, 2, 2], 1, [1, -2], [2, 1], [2, 2], [2, 3, 4, 5]),
    ([2, 2, 2], 0, [0, 1, 1, 0], [2, 1, 2], [2, 1, 2], [2, 3, 4, 5]),
  ])
  func `GatherND takes slices`(
    sample: (
      dims: [Int], batch: Int, indices: [Int64], shape: [Int], result: [Int], expected: [Float]
    )
  ) throws {
    let count = sample.dims.reduce(1, *)
    let x = try Tensor.floats((0..<count).map { Float($0) }, sample.dims)
    let indices = try Tensor.int64s(sample.indices, sample.shape)
    let model = TestModel("GatherND", [x, indices], [.int("batch_dims", sample.batch)])
    let result = try results(model, [x, indices])[0]
    #expect(result.shape.dims == sample.result)
    #expect(result.floats == sample.expected)
  }

  @Test func `a constant position outside of its axis is refused`() throws {
    for (op, attribute) in [("GatherElements", "axis"), ("GatherND", "batch_dims")] {
      let model = TestModel(
        inputs: [.floats("x", [2, 3])],
        initializers: [("i", try Tensor.int64s([0, 3], [1, 2]))],
        nodes: [Onnx_NodeProto(op, ["x", "i"], ["y"], [.int(attribute, 0)])], outputs: ["y"])
      let error = #expect(throws: Diagnostic.self) { try model.imported() }
      #expect(error?.code == .invalidAttribute, "\(op)")
    }
  }

  @Test(arguments: [
    ("IsNaN", [], [false, false, false, true] as [Bool]),
    ("IsInf", [], [false, true, true, false]),
    ("IsInf", [("detect_negative", 0)], [false, true, false, false]),
    ("IsInf", [("detect_positive", 0)], [false, false, true, false]),
    (
      "IsInf", [("detect_positive", 0), ("detect_negative", 0)], [false, false, false, false]
    ),
  ])
  func `what is no number is found`(
    sample: (op: String, attributes: [(String, Int)], expected: [Bool])
  ) throws {
    let x = try Tensor.floats([1, .infinity, -.infinity, .nan], [4])
    let model = TestModel(sample.op, [x], sample.attributes.map { .int($0.0, $0.1) })
    let result = try results(model, [x])[0]
    #expect(result.elements(UInt8.self).map { $0 != 0 } == sample.expected)
  }

  @Test func `Einsum of one operand and of three`() throws {
    let x = try counting(2, 3)
    let sum = TestModel("Einsum", [x], [.string("equation", "ij->j")])
    #expect(try results(sum, [x])[0].floats == [3, 5, 7])
    let turned = TestModel("Einsum", [x], [.string("equation", "ij->ji")])
    #expect(try turned.ops() == ["transpose"])
    let y = try counting(3)
    let three = TestModel("Einsum", [x, y, y], [.string("equation", "ij,j,k->ik")])
    #expect(try results(three, [x, y, y])[0].floats == [0, 5, 10, 0, 14, 28])
  }

  @Test func `Einsum of heads is one matrix product for each`() throws {
    let x = try counting(1, 3, 2, 4)
    let model = TestModel("Einsum", [x, x], [.string("equation", "bqhd,bkhd->bhqk")])
    #expect(try model.ops() == ["transpose", "transpose", "matmul", "transpose"])
    #expect(try model.imported().nodes.last?.type.shape.dims == [1, 2, 3, 3])
  }

  @Test(arguments: [
    ("ij,jk->ik", DiagnosticCode.shapeMismatch), ("ij->i", .invalidAttribute),
    ("ij,jk->iz", .invalidAttribute), ("ijk,jk->i", .invalidAttribute),
    ("ii,jk->jk", .unsupportedAttribute), ("i1,jk->i", .invalidAttribute),
    ("", .invalidAttribute), ("ij,jk->ik->i", .invalidAttribute),
    ("ij...k,jk->i", .invalidAttribute),
  ])
  func `an equation that does not fit is refused`(
    wrong: (equation: String, code: DiagnosticCode)
  ) throws {
    let operands = [try counting(2, 3), try counting(2, 2)]
    let model = TestModel("Einsum", operands, [.string("equation", wrong.equation)])
    #expect(try model.refusal()?.code == wrong.code)
  }

  @Test func `InstanceNormalization normalizes each channel`() throws {
    let x = try Tensor.floats([1, 3, 10, 30], [1, 2, 2])
    let (scale, bias) = (try Tensor.floats([1, 2], [2]), try Tensor.floats([0, 5], [2]))
    let model = TestModel(
      "InstanceNormalization", [x, scale, bias], constants: [1, 2], [.float("epsilon", 0)])
    #expect(isClose(try results(model, [x])[0].floats, [-1, 1, 3, 7]))
    #expect(try model.ops() == ["layer_norm", "mul", "add"])
  }

  @Test func `GroupNormalization scales each channel, before opset 21 each group`() throws {
    let x = try Tensor.floats([1, 3, 10, 30, 2, 4, 7, 7], [1, 4, 2])
    let wide = try Tensor.floats([1, 2, 3, 4], [4])
    let zeros = try Tensor.floats([0, 0, 0, 1], [4])
    let newer = TestModel(
      "GroupNormalization", [x, wide, zeros], constants: [1, 2],
      [.int("num_groups", 2), .float("epsilon", 1e-5)])
    let first: [Float] = [1, 3, 10, 30].map { ($0 - 11) / Float(131.5).squareRoot() }
    let second: [Float] = [2, 4, 7, 7].map { ($0 - 5) / Float(4.5).squareRoot() }
    let expected = [
      first[0], first[1], 2 * first[2], 2 * first[3], 3 * second[0], 3 * second[1],
      4 * second[2] + 1, 4 * second[3] + 1,
    ]
    #expect(isClose(try results(newer, [x])[0].floats, expected))
    let (scale, bias) = (try Tensor.floats([1, 2], [2]), try Tensor.floats([0, 5], [2]))
    let older = TestModel(
      opset: 18, "GroupNormalization", [x, scale, bias], constants: [1, 2],
      [.int("num_groups", 2)])
    #expect(isClose(try results(older, [x])[0].floats, first + second.map { 2 * $0 + 5 }))
  }

  @Test(arguments: [0, 3, -1])
  func `groups that do not divide the channels are refused`(groups: Int) throws {
    let operands = [try counting(1, 4, 2), try counting(4), try counting(4)]
    let model = TestModel("GroupNormalization", operands, [.int("num_groups", groups)])
    #expect(try model.refusal()?.code == .shapeMismatch)
  }

  @Test func `LpNormalization divides by the norm, and leaves zeros`() throws {
    let x = try Tensor.floats([3, -4, 0, 0], [2, 2])
    #expect(
      isClose(try results(TestModel("LpNormalization", [x]), [x])[0].floats, [0.6, -0.8, 0, 0]))
    let taxi = TestModel("LpNormalization", [x], [.int("p", 1), .int("axis", 0)])
    #expect(isClose(try results(taxi, [x])[0].floats, [1, -1, 0, 0]))
    let third = TestModel("LpNormalization", [x], [.int("p", 3)])
    #expect(try third.refusal()?.code == .invalidAttribute)
  }

  @Test func `ReduceLogSumExp stays finite for large operands`() throws {
    let x = try Tensor.floats([200, 200, -300, -300], [2, 2])
    let model = TestModel(
      opset: 13, "ReduceLogSumExp", [x], [.ints("axes", [1]), .bool("keepdims", false)])
    #expect(isClose(try results(model, [x])[0].floats, [200.693147, -299.306853]))
  }
}
