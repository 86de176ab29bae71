import Diagnostics
import GraphIR
import Interpreter
import QuantMath
import Tensors
import TestSupport
import Testing

@Suite("running a graph")
struct GraphRunTests {
  /// relu(x · w) + x.
  private func graph() throws -> Graph {
    var graph = Graph(name: "test")
    let x = graph.appendInput("x", TensorType(.f32, try Shape([1, 2])))
    let w = graph.appendConstant(try .floats([1, -1, 2, -3], [2, 2]), name: "w")
    let product = try graph.append(.matMul, [x, w], name: "product")
    let positive = try graph.append(.unary(.relu), [product], name: "positive")
    let sum = try graph.append(.binary(.add), [positive, x], name: "sum")
    graph.appendOutput("y", sum)
    try graph.compact()
    return graph
  }

  @Test func `gives the outputs and shows every value but the constants`() throws {
    let graph = try graph()
    var seen: [String] = []
    let outputs = try Interpreter(graph).run([.floats([3, 4], [1, 2])]) { id, tensor in
      seen.append("\(graph[id].name)=\(tensor.floats)")
    }
    #expect(outputs.map(\.floats) == [[14, 4]])
    #expect(
      seen == [
        "x=[3.0, 4.0]", "product=[11.0, -15.0]", "positive=[11.0, 0.0]", "sum=[14.0, 4.0]",
      ])
  }

  @Test func `an output that is also an input or read later is kept`() throws {
    var graph = Graph(name: "test")
    let x = graph.appendInput("x", TensorType(.f32, try Shape([1])))
    let y = try graph.append(.unary(.neg), [x], name: "y")
    let z = try graph.append(.unary(.neg), [y], name: "z")
    graph.appendOutput("a", y)
    graph.appendOutput("b", x)
    graph.appendOutput("c", z)
    graph.appendOutput("d", y)
    try graph.compact()
    let outputs = try Interpreter(graph).run([.floats([2], [1])])
    #expect(outputs.map(\.floats) == [[-2], [2], [2], [-2]])
  }

  @Test func `refuses inputs of another count, shape or element type`() throws {
    let interpreter = Interpreter(try graph())
    for inputs in [
      [], [try Tensor.floats([1, 2], [2])], [try Tensor.int64s([1, 2], [1, 2])],
    ] as [[Tensor]] {
      #expect {
        try interpreter.run(inputs)
      } throws: { ($0 as? Diagnostic)?.code == .wrongArray }
    }
  }

  @Test func `an error names the node`() throws {
    var graph = Graph(name: "test")
    let x = graph.appendInput("x", TensorType(.i64, try Shape([1])))
    let table = graph.appendConstant(try .floats([1, 2], [2]))
    let y = try graph.append(.gather(Gather(axis: 0)), [table, x], name: "y", source: "lookup")
    graph.appendOutput("y", y)
    try graph.compact()
    #expect {
      try Interpreter(graph).run([.int64s([2], [1])])
    } throws: { ($0 as? Diagnostic)?.location == "node 'lookup' (\(graph.op(y).mnemonic))" }
  }

  @Test(arguments: 0..<24 as Range<UInt64>)
  func `a fused conv is within one step of its unfused chain`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let input = try QuantParams(scale: 0.02, zeroPoint: 100)
    let output = try QuantParams(scale: 0.03, zeroPoint: 60)
    let weights = try QuantParams(
      .perChannel(axis: 0), scales: random.floats(4, in: 0.001...0.01),
      zeroPoints: [0, 0, 0, 0])
    let biasParams = try QuantParams(
      .perChannel(axis: 0), scales: weights.scales.map { Float(Double($0) * 0.02) },
      zeroPoints: [0, 0, 0, 0])
    let x = try Value.u8(random.bytes(3 * 36), [1, 3, 6, 6], input)
    let w = try Value.i8(random.weights(4 * 27), [4, 3, 3, 3], weights)
    let b = (0..<4).map { _ in Int32.random(in: -2000...2000, using: &random) }
    let conv = try Convolution(
      strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1], groups: 1)
    let real = try evaluate(
      .unary(.relu),
      [
        Value(
          try evaluate(
            .conv(conv),
            [
              Value(try evaluate(.dequantize, [x])), Value(try evaluate(.dequantize, [w])),
              Value(
                try evaluate(.dequantize, [Value(try Tensor(.i32, Shape([4]), b), biasParams)])),
            ]))
      ])
    let unfused = try evaluate(.quantize(Quantize(.u8, output)), [Value(real)])
    let epilogue = Epilogue(
      hasResidual: false, clamp: ClampBounds(lower: 0, upper: nil),
      result: .quantized(.u8, output))
    let fused = try evaluate(
      .quantizedConv(QuantizedConvolution(geometry: conv, epilogue: epilogue)),
      [x, w, try .i32(b, [4])])
    for (p, q) in zip(unfused.elements(UInt8.self), fused.elements(UInt8.self)) {
      #expect(abs(Int(p) - Int(q)) <= 1)
    }
  }
}
