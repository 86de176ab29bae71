import Diagnostics
import GraphIR
import Interpreter
import Tensors
import Testing

@testable import ONNXFrontend

@Suite("import of attention")
struct AttentionRuleTests {
  /// A model of one node; an operand without a tensor is left out.
  private func model(
    opset: Int = 24, op: String = "Attention", _ operands: [Tensor?], constants: Set<Int> = [],
    _ attributes: [Onnx_AttributeProto] = [], outputs: [String] = ["y"]
  ) -> TestModel {
    let named = operands.enumerated().compactMap { index, tensor in
      tensor.map { (index: index, name: "x\(index)", tensor: $0) }
    }
    let names = operands.enumerated().map { $1 == nil ? "" : "x\($0)" }
    return TestModel(
      opset: opset,
      inputs: named.filter { !constants.contains($0.index) }.map {
        Onnx_ValueInfoProto($0.name, TensorType($0.tensor.element, $0.tensor.shape))
      },
      initializers: named.filter { constants.contains($0.index) }.map { ($0.name, $0.tensor) },
      nodes: [Onnx_NodeProto(op, names, outputs, name: "node", attributes)],
      outputs: outputs.filter { !$0.isEmpty })
  }

  private func zeros(_ dims: Int...) throws -> Tensor {
    let shape = try Shape(dims)
    return try Tensor(.f32, shape, [Float](repeating: 0, count: shape.elementCount))
  }

  private func flags(_ values: [UInt8], _ dims: Int...) throws -> Tensor {
    try Tensor(.bool, try Shape(dims), values)
  }

  @Test func `four axes become two products around a softmax`() throws {
    let x = try zeros(1, 2, 3, 4)
    let plain = model([x, x, x])
    let core = ["transpose", "matmul", "mul", "softmax", "matmul"]
    #expect(try plain.ops() == core)
    #expect(try plain.imported().nodes.last?.name == "y")
    let masked = model([x, x, x, try zeros(3, 3)], constants: [3])
    #expect(try masked.ops() == ["transpose", "matmul", "mul", "add", "softmax", "matmul"])
    let capped = model([x, x, x], [.float("softcap", 2)])
    #expect(
      try capped.ops()
        == ["transpose", "matmul", "mul", "div", "tanh", "mul", "softmax", "matmul"])
  }

  @Test func `three axes are split into heads, and joined again`() throws {
    let (q, k) = (try zeros(2, 3, 8), try zeros(2, 5, 4))
    let grouped = model([q, k, k], [.int("q_num_heads", 4), .int("kv_num_heads", 2)])
    let split = ["reshape", "transpose"]
    let repeated = ["reshape", "expand", "reshape"]
    #expect(
      try grouped.ops()
        == split + split + repeated + ["transpose", "matmul", "mul", "softmax"] + split + repeated
        + ["matmul", "transpose", "reshape"])
    #expect(try grouped.imported().nodes.last?.type.shape.dims == [2, 3, 8])
  }

  @Test func `a causal query reads no later keys, and all past ones`() throws {
    let (q, v) = (try zeros(1, 1, 2, 1), try counting(1, 1, 2, 1))
    let causal = model([q, q, v], [.bool("is_causal", true)])
    #expect(try results(causal, [q, q, v])[0].floats == [0, 0.5])
    let past = try Tensor.floats([5, 9], [1, 1, 2, 1])
    let cached = model(
      [q, q, v, nil, past, past], [.bool("is_causal", true)], outputs: ["y", "keys", "values"])
    let found = try results(cached, [q, q, v, past, past])
    #expect(zip(found[0].floats, [14.0 / 3, 15.0 / 4]).allSatisfy { abs($0 - $1) < 1e-5 })
    #expect(found[2].floats == [5, 9, 0, 1])
  }

  @Test(arguments: [
    (-1, 0, [0, 0.5, 1] as [Float]), (1, 0, [0, 0.5, 1.5]), (0, 1, [0.5, 1.5, 2]),
    (0, -1, [1, 1.5, 2]), (1, 1, [0.5, 1, 1.5]),
  ])
  func `windows bound the distance of keys`(
    window: (before: Int, after: Int, expected: [Float])
  ) throws {
    let (q, v) = (try zeros(1, 1, 3, 1), try counting(1, 1, 3, 1))
    let bounded = model(
      opset: 25, [q, q, v],
      [.int("left_window_size", window.before), .int("right_window_size", window.after)])
    let found = try results(bounded, [q, q, v])[0].floats
    #expect(zip(found, window.expected).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  @Test func `a query whose keys are all hidden gives zeros`() throws {
    let (q, v) = (try zeros(1, 1, 2, 1), try Tensor.floats([1, 3], [1, 1, 2, 1]))
    let mask = try flags([0, 0, 0, 1], 2, 2)
    #expect(try results(model([q, q, v, mask]), [q, q, v, mask])[0].floats == [0, 3])
    let constant = model([q, q, v, mask], constants: [3])
    #expect(try results(constant, [q, q, v])[0].floats == [0, 3])
    let shown = model(
      [q, q, v, mask], [.int("qk_matmul_output_mode", 3)], outputs: ["y", "", "", "weights"])
    let found = try results(shown, [q, q, v, mask])
    #expect(found.map(\.floats) == [[0, 3], [0, 0, 0, 1]])
  }

  @Test func `a constant mask that hides no whole row needs no choice`() throws {
    let x = try zeros(1, 1, 2, 1)
    let open = model([x, x, x, try flags([1, 0, 1, 1], 2, 2)], constants: [3])
    #expect(try open.ops() == ["transpose", "matmul", "mul", "add", "softmax", "matmul"])
    let all = model(opset: 25, [x, x, x], [.int("left_window_size", 2)])
    #expect(try all.ops() == ["transpose", "matmul", "mul", "softmax", "matmul"])
  }

  @Test func `keys behind a mask and behind the length are hidden`() throws {
    let (q, v) = (try zeros(1, 1, 1, 1), try counting(1, 1, 4, 1))
    let (keys, mask) = (try zeros(1, 1, 4, 1), try zeros(1, 3))
    let short = model([q, keys, v, mask])
    #expect(try results(short, [q, keys, v, mask])[0].floats == [1])
    let length = try Tensor.int64s([2], [1])
    let padded = model([q, keys, v, nil, nil, nil, length])
    #expect(try results(padded, [q, keys, v, length])[0].floats == [0.5])
  }

  @Test(arguments: [
    ([3, 8], [3, 8], 2, DiagnosticCode.shapeMismatch), ([1, 3, 8], [1, 3, 8], 3, .shapeMismatch),
    ([1, 3, 8], [1, 3, 6], 2, .shapeMismatch), ([1, 3, 8], [2, 3, 8], 2, .shapeMismatch),
    ([1, 3, 8], [1, 3, 8], 0, .shapeMismatch), ([1, 3, 8], [1, 3, 8], -2, .shapeMismatch),
  ])
  func `operands that do not fit are refused`(
    wrong: (q: [Int], k: [Int], heads: Int, code: DiagnosticCode)
  ) throws {
    let q = try Tensor.floats(
      [Float](repeating: 0, count: wrong.q.reduce(1, *)), wrong.q)
    let k = try Tensor.floats(
      [Float](repeating: 0, count: wrong.k.reduce(1, *)), wrong.k)
    let broken = model(
      [q, k, k], [.int("q_num_heads", wrong.heads), .int("kv_num_heads", wrong.heads)])
    #expect(try broken.refusal()?.code == wrong.code)
  }

  @Test func `half of a cache, windows before opset 25 and wrong numbers are refused`() throws {
    let x = try zeros(1, 1, 2, 1)
    #expect(try model([x, x, x, nil, x]).refusal()?.code == .missingInput)
    for (opset, attribute) in [
      (24, Onnx_AttributeProto.int("left_window_size", 1)), (25, .int("left_window_size", -2)),
      (24, .int("qk_matmul_output_mode", 4)), (24, .float("scale", -1)),
      (24, .float("softcap", .infinity)), (24, .int("softmax_precision", 7)),
    ] {
      #expect(
        try model(opset: opset, [x, x, x], [attribute]).refusal()?.code == .invalidAttribute)
    }
    #expect(try model([x, x, x, try ints(1, 1)]).refusal()?.code == .elementTypeMismatch)
  }

  @Test(arguments: [(false, [-3, -4, 1, 2] as [Float]), (true, [-2, 1, -4, 3])])
  func `a quarter turn of every pair`(turn: (isInterleaved: Bool, expected: [Float])) throws {
    let x = try Tensor.floats([1, 2, 3, 4], [1, 1, 1, 4])
    let (cosines, sines) = (try zeros(1, 2), try Tensor.floats([1, 1], [1, 2]))
    let position = try Tensor.int64s([0], [1, 1])
    let rotary = model(
      op: "RotaryEmbedding", [x, cosines, sines, position], constants: [1, 2],
      [.bool("interleaved", turn.isInterleaved)])
    #expect(try results(rotary, [x, position])[0].floats == turn.expected)
    let flat = try x.reshaped(Shape([1, 1, 4]))
    let joined = model(
      op: "RotaryEmbedding",
      [flat, try cosines.reshaped(Shape([1, 1, 2])), try sines.reshaped(Shape([1, 1, 2]))],
      constants: [1, 2], [.bool("interleaved", turn.isInterleaved), .int("num_heads", 1)])
    #expect(try results(joined, [flat])[0].floats == turn.expected)
  }

  @Test func `a rotation is one op, its angles looked up by position and placed by heads`() throws {
    let (x, table) = (try zeros(1, 2, 3, 4), try zeros(5, 2))
    let positions = try Tensor.int64s([0, 1, 2], [1, 3])
    let rotary = model(
      op: "RotaryEmbedding", [x, table, table, positions], constants: [1, 2])
    let lookup = ["gather", "reshape"]
    #expect(try rotary.ops() == lookup + lookup + ["rotary_embedding"])
    let (rows, angles) = (try zeros(1, 3, 8), try zeros(1, 3, 2))
    let flat = model(
      op: "RotaryEmbedding", [rows, angles, angles], [.int("num_heads", 2)])
    #expect(
      try flat.ops() == ["reshape", "reshape", "reshape", "rotary_embedding", "reshape"])
  }

  @Test func `elements beyond the rotary dimension stay`() throws {
    let x = try Tensor.floats([1, 2, 3, 4], [1, 1, 1, 4])
    let (cosine, sine) = (try zeros(1, 1, 1), try Tensor.floats([1], [1, 1, 1]))
    let part = model(
      op: "RotaryEmbedding", [x, cosine, sine], constants: [1, 2],
      [.int("rotary_embedding_dim", 2)])
    #expect(try results(part, [x])[0].floats == [-2, 1, 3, 4])
  }

  @Test func `a rotation that does not fit is refused`() throws {
    let (x, angle) = (try zeros(1, 1, 1, 4), try zeros(1, 1, 1))
    for size in [0, 3, 6, -2] {
      let rotary = model(
        op: "RotaryEmbedding", [x, angle, angle], [.int("rotary_embedding_dim", size)])
      #expect(try rotary.refusal()?.code == .shapeMismatch)
    }
    let table = try zeros(3, 2)
    let outside = model(
      op: "RotaryEmbedding", [x, table, table, try Tensor.int64s([3], [1, 1])],
      constants: [1, 2, 3])
    #expect(try outside.refusal()?.code == .invalidAttribute)
  }
}
