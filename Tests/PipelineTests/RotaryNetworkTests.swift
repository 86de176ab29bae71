import GraphIR
import Interpreter
import Quantization
import Tensors
import TestSupport
import Testing

/// Rotations between projections and attention give the bits of the interpreter on the whole way.
@Suite("networks with rotations")
struct RotaryNetworkTests {
  /// How the heads of queries and keys lie where they turn.
  enum Order {
    case headsOutside
    case headsInside
  }

  private struct Network {
    var graph = Graph(name: "rotary")
    var random: SeededGenerator
    let rows: Int
    let width: Int

    mutating func constant(_ dims: [Int]) throws -> ValueID {
      let shape = try Shape(dims)
      return graph.appendConstant(
        try Tensor(.f32, shape, random.floats(shape.elementCount, deviation: 0.6)))
    }

    /// A projection, split into heads: `[1, rows, heads, width]`.
    mutating func heads(_ x: ValueID, _ count: Int) throws -> ValueID {
      let depth = graph.shape(of: x).dims.last ?? 1
      let product = try graph.append(.matMul, [x, try constant([depth, count * width])])
      return try graph.append(.reshape(Reshape(Shape([1, rows, count, width]))), [product])
    }

    mutating func outside(_ x: ValueID) throws -> ValueID {
      try graph.append(.transpose(Transpose([0, 2, 1, 3])), [x])
    }

    mutating func turned(
      _ x: ValueID, _ rotary: RotaryEmbedding, _ order: Order
    ) throws -> ValueID {
      let pairs = rotary.size / 2
      let dims = order == .headsOutside ? [rows, pairs] : [rows, 1, pairs]
      let operands = [
        order == .headsOutside ? try outside(x) : x, try constant(dims), try constant(dims),
      ]
      let result = try graph.append(.rotaryEmbedding(rotary), operands)
      return order == .headsOutside ? result : try outside(result)
    }
  }

  private func network(
    _ seed: UInt64, _ rotary: RotaryEmbedding, width: Int, _ order: Order
  ) throws -> Network {
    var net = Network(random: SeededGenerator(seed: seed), rows: 7, width: width)
    let x = net.graph.appendInput("x", TensorType(.f32, try Shape([1, 7, 12])))
    let q = try net.turned(try net.heads(x, 4), rotary, order)
    let keys = try net.heads(x, 2)
    let k = try net.turned(keys, rotary, order)
    let v = try net.outside(try net.heads(x, 2))
    let context = try net.graph.append(.attention(Attention(scale: 0.3)), [q, k, v])
    let joined = try net.graph.append(
      .reshape(Reshape(Shape([1, 7, 4 * width]))), [try net.outside(context)])
    // The keys are stored as integers too, before they turn.
    let direct = try net.graph.append(.reshape(Reshape(Shape([1, 7, 2 * width]))), [keys])
    let sum = try net.graph.append(
      .binary(.add),
      [
        try net.graph.append(.matMul, [joined, try net.constant([4 * width, 5])]),
        try net.graph.append(.matMul, [direct, try net.constant([2 * width, 5])]),
      ])
    net.graph.appendOutput("y", sum)
    try net.graph.compact()
    return net
  }

  /// How the heads of a network turn.
  struct Turn {
    let pairing: RotaryEmbedding.Pairing
    let width: Int
    let size: Int
    let order: Order
  }

  @Test(arguments: [
    Turn(pairing: .halves, width: 8, size: 8, order: .headsOutside),
    Turn(pairing: .interleaved, width: 16, size: 8, order: .headsInside),
    Turn(pairing: .halves, width: 20, size: 16, order: .headsInside),
    Turn(pairing: .interleaved, width: 64, size: 64, order: .headsOutside),
  ])
  func `every variant gives the bits of the fused graph`(turn: Turn) throws {
    let rotary = try RotaryEmbedding(turn.pairing, size: turn.size)
    for precision in [Recipe.Precision.int8, .float32] {
      var net = try network(UInt64(turn.width), rotary, width: turn.width, turn.order)
      var recipe = Recipe()
      recipe.precision = precision
      let shape = net.graph.shape(of: net.graph.inputs[0])
      let samples = try (0..<3).map { _ in
        try Tensor(.f32, shape, net.random.floats(shape.elementCount))
      }
      let compiled = try CompiledGraph(net.graph, samples: samples, recipe: recipe)
      if precision == .int8 {
        let mnemonics = compiled.fused.nodes.map(\.op.mnemonic)
        #expect(mnemonics.filter { $0 == "q.rotary_embedding" }.count == 2)
        #expect(!mnemonics.contains("dequantize"))
        #expect(mnemonics.filter { $0 == "quantize" }.count == 1, "only the input's")
      }
      try compiled.expectBits(of: samples[0])
    }
  }
}
