extension Op {
  /// Every element of the result is an element of the first operand, or (padding, concat) of
  /// another one: the op does the same to stored integers as to the numbers that they stand for.
  package var movesElements: Bool {
    switch self {
    case .reshape, .transpose, .concat, .slice, .gather, .expand: true
    case .pad(let padding): padding.mode != .constant || padding.value == 0
    case .resize(let resize): resize.mode == .nearest
    case .pool(let pooling): pooling.kind == .max
    case .input, .constant, .conv, .matMul, .unary, .binary, .select, .cast, .softmax, .attention,
      .rotaryEmbedding, .layerNorm, .rmsNorm, .batchNorm, .reduce, .quantize, .dequantize,
      .quantizedConv, .quantizedMatMul,
      .quantizedBinary, .quantizedPool, .quantizedResize, .quantizedAttention,
      .quantizedRotaryEmbedding, .lookup, .embedding:
      false
    }
  }

  /// How many of the first operands hold the elements that the op moves.
  package func movedOperandCount(_ operandCount: Int) -> Int {
    if case .concat = self { operandCount } else { 1 }
  }
}
