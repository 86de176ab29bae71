import Diagnostics
import GraphIR
import Tensors

/// A small quantized graph of random ops, made from a seed: all values 8-bit, or some 16-bit.
struct RandomNetwork {
  private(set) var graph = Graph(name: "random", stage: .quantized)
  private var random: SplitMix
  /// Dequantized images `[1, c, h, w]` that the next op may read.
  private var images: [ValueID] = []
  private let hasWords: Bool

  init(seed: UInt64, hasWords: Bool = false) throws {
    random = SplitMix(state: seed)
    self.hasWords = hasWords
    let extent = 3 + random.below(4)
    let shape = try Shape([1, 1 + random.below(5), extent, extent])
    let input = graph.appendInput("x", TensorType(.f32, shape))
    images.append(try stored(input))
    for _ in 0..<(2 + random.below(5)) { images.append(try stored(try anyOp())) }
    let output = images[images.count - 1]
    graph.appendOutput("y", output)
    try graph.compact()
  }

  /// An input for ``graph``.
  mutating func input() throws -> Tensor {
    let shape = graph.shape(of: graph.inputs[0])
    return try Tensor(.f32, shape, (0..<shape.elementCount).map { _ in random.number(in: -1...1) })
  }

  private mutating func stored(_ value: ValueID) throws -> ValueID {
    if hasWords, random.below(2) == 0 {
      let params = try QuantParams(scale: random.number(in: 0.0002...0.002), zeroPoint: 0)
      let words = try graph.append(.quantize(Quantize(.i16, params)), [value])
      return try graph.append(.dequantize, [words])
    }
    let params = try QuantParams(
      scale: random.number(in: 0.005...0.03), zeroPoint: Int32(random.below(256)))
    let integers = try graph.append(.quantize(Quantize(.u8, params)), [value])
    return try graph.append(.dequantize, [integers])
  }

  private mutating func anyOp() throws -> ValueID {
    let x = images[random.below(images.count)]
    switch random.below(9) {
    case 0, 1: return try clamped(conv(x))
    case 2: return try clamped(try graph.append(.binary(.add), [try residual(x), x]))
    case 3:
      let y = images[random.below(images.count)]
      guard graph.shape(of: x) == graph.shape(of: y) else { return try conv(x) }
      let functions: [BinaryFunction] = [.add, .sub, .mul]
      return try clamped(try graph.append(.binary(functions[random.below(3)]), [x, y]))
    case 4:
      let functions: [UnaryFunction] = [
        .silu, .sigmoid, .gelu(tanh: false), .hardSwish, .tanh, .leakyRelu(alpha: 0.1),
      ]
      return try graph.append(.unary(functions[random.below(functions.count)]), [x])
    case 5, 6:
      let kind: Pooling.Kind = random.below(2) == 0 ? .max : .average
      return try graph.append(
        .pool(
          try Pooling(
            kind, kernel: [2, 2], strides: [1, 1], pads: [1, 0, 0, 1], dilations: [1, 1],
            countIncludesPad: random.below(2) == 0)),
        [x])
    case 7: return try graph.append(.transpose(try Transpose([0, 1, 3, 2])), [x])
    default: return try graph.append(.concat(Concatenation(axis: 1)), [x, x])
    }
  }

  private mutating func clamped(_ value: ValueID) throws -> ValueID {
    switch random.below(3) {
    case 0: try graph.append(.unary(.relu), [value])
    case 1: try graph.append(.unary(.clip(lower: -0.5, upper: 0.75)), [value])
    default: value
    }
  }

  /// A convolution that keeps the shape.
  private mutating func residual(_ x: ValueID) throws -> ValueID {
    let channels = graph.shape(of: x)[1]
    return try conv(x, channels: channels, kernel: 1)
  }

  private mutating func conv(_ x: ValueID) throws -> ValueID {
    try conv(x, channels: 1 + random.below(5), kernel: 1 + random.below(3))
  }

  private mutating func conv(_ x: ValueID, channels: Int, kernel: Int) throws -> ValueID {
    let shape = try Shape([channels, graph.shape(of: x)[1], kernel, kernel])
    let weights = (0..<shape.elementCount).map { _ in Int8(random.below(255) - 127) }
    let scales = (0..<channels).map { _ in random.number(in: 0.001...0.01) }
    let zeros = [Int32](repeating: 0, count: channels)
    let w = graph.appendConstant(
      try Tensor(.i8, shape, weights),
      quantization: try QuantParams(.perChannel(axis: 0), scales: scales, zeroPoints: zeros))
    var inputScale: Float = 1
    if case .dequantize = graph.op(x) {
      inputScale = graph.quantization(of: graph.operand(0, of: x))?.scale ?? 1
    }
    let b = graph.appendConstant(
      try Tensor(.i32, try Shape([channels]), zeros.map { _ in Int32(random.below(2000) - 1000) }),
      quantization: try QuantParams(
        .perChannel(axis: 0), scales: scales.map { $0 * inputScale }, zeroPoints: zeros))
    let geometry = try Convolution(
      strides: [1, 1], pads: [0, 0, kernel - 1, kernel - 1], dilations: [1, 1], groups: 1)
    return try graph.append(
      .conv(geometry),
      [x, try graph.append(.dequantize, [w]), try graph.append(.dequantize, [b])])
  }
}

/// The generator of Steele, Lea and Flood 2014.
struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// A number in `0..<bound`.
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  mutating func number(in range: ClosedRange<Float>) -> Float {
    let unit = Float(next() >> 40) * 0x1p-24
    return range.lowerBound + unit * (range.upperBound - range.lowerBound)
  }
}
