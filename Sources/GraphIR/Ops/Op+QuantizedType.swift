import Diagnostics
import Tensors

extension Op {
  /// The type that an op on quantized integers makes, after checking its table.
  ///
  /// | op         | lhs                | rhs                        | bias | residual       |
  /// |------------|--------------------|----------------------------|------|----------------|
  /// | q.conv     | u8, i8 per tensor  | i8, symmetric, axis 0      | i32  | u8, i8         |
  /// | q.matmul   | u8, i8 per tensor  | i8, symmetric, last axis   | i32  | u8, i8         |
  /// | q.binary   | u8, i8 per tensor  | u8, i8 per tensor          |      |                |
  /// | q.pool     | u8, i8 per tensor  |                            |      |                |
  /// | q.resize   | u8, i8 per tensor  |                            |      |                |
  /// | q.lookup   | u8, i8 per tensor  |                            |      |                |
  ///
  /// `q.embedding` takes a table, i8 or u8, per tensor or with one scale for each row of axis 0, and
  /// i32 or i64 indices.
  ///
  /// `q.rotary_embedding` takes x as u8 or i8 per tensor, or as f32 that is made 8-bit, and f32 angles.
  ///
  /// `q.attention` takes q as u8 or i8, k and v as symmetric i8, all per tensor, and an f32 mask.
  func quantizedType(_ operands: [TensorType]) throws(Diagnostic) -> TensorType {
    switch self {
    case .quantize(let quantize):
      guard operands[0].element == .f32 else { throw mismatch(operands) }
      let type = TensorType(quantize.element, operands[0].shape, quantize.params)
      try checkGranularity(quantize.params, of: type.shape)
      return type
    case .dequantize:
      guard let params = operands[0].quantization else {
        throw Diagnostic(.invalidQuantization, "dequantize of a tensor without quantization")
      }
      try checkGranularity(params, of: operands[0].shape)
      return TensorType(.f32, operands[0].shape)
    case .quantizedConv(let conv):
      try requireActivation(operands[0])
      try requireWeights(operands[1], channelAxis: 0)
      let shape = try conv.geometry.resultShape(operands[0].shape, weights: operands[1].shape)
      guard operands[2].element == .i32, operands[2].shape.dims == [shape[1]] else {
        throw mismatch(operands)
      }
      if conv.epilogue.hasResidual { try requireResidual(operands[3], shape) }
      return conv.epilogue.result.type(shape)
    case .quantizedMatMul(let matMul):
      try requireActivation(operands[0])
      try requireWeights(operands[1], channelAxis: operands[1].shape.rank - 1)
      let shape = try matMulShape(operands)
      if matMul.hasBias {
        guard operands[2].element == .i32, operands[2].shape.dims == [shape[shape.rank - 1]] else {
          throw mismatch(operands)
        }
      }
      if matMul.epilogue.hasResidual { try requireResidual(operands[operands.count - 1], shape) }
      return matMul.epilogue.result.type(shape)
    case .quantizedBinary(let binary):
      guard [.add, .sub, .mul].contains(binary.function),
        let shape = operands[0].shape.broadcast(with: operands[1].shape)
      else { throw mismatch(operands) }
      try requireActivation(operands[0])
      try requireActivation(operands[1])
      return binary.result.type(shape)
    case .quantizedPool(let pool):
      try requireActivation(operands[0])
      return pool.result.type(try pool.pooling.resultShape(operands[0].shape))
    case .quantizedResize(let resize):
      try requireActivation(operands[0])
      guard resize.resize.interpolatesImages(of: operands[0].shape) else {
        throw mismatch(operands)
      }
      return resize.result.type(try Shape(resize.resize.sizes))
    case .quantizedAttention(let attention):
      try requireActivation(operands[0])
      for operand in operands[1...2] {
        guard operand.element == .i8, operand.quantization?.isPerTensor == true,
          operand.quantization?.isSymmetric == true
        else {
          throw Diagnostic(
            .invalidQuantization, "\(mnemonic) needs k and v as symmetric i8 with one scale")
        }
      }
      guard operands.count == 3 || operands[3].element == .f32,
        let shape = attentionShape(operands)
      else { throw mismatch(operands) }
      return attention.result.type(shape)
    case .quantizedRotaryEmbedding(let quantized):
      if operands[0].element != .f32 || quantized.result == .float {
        try requireActivation(operands[0])
      }
      guard operands.dropFirst().allSatisfy({ $0.element == .f32 }),
        quantized.rotary.takes(x: operands[0].shape, angles: operands.dropFirst().map(\.shape))
      else { throw mismatch(operands) }
      return quantized.result.type(operands[0].shape)
    case .lookup(let lookup):
      try requireActivation(operands[0])
      return TensorType(lookup.element, operands[0].shape, lookup.params)
    case .embedding:
      return try embeddingType(operands[0], indices: operands[1])
    default:
      throw Diagnostic(.internalError, "\(mnemonic) is not quantized")
    }
  }

  private func embeddingType(
    _ table: TensorType, indices: TensorType
  ) throws(Diagnostic) -> TensorType {
    guard table.element == .i8 || table.element == .u8, let params = table.quantization,
      params.isPerTensor || params.granularity == .perChannel(axis: 0)
    else {
      throw Diagnostic(
        .invalidQuantization, "\(mnemonic) needs an 8-bit table with one scale for each row")
    }
    try checkGranularity(params, of: table.shape)
    guard indices.element == .i64 || indices.element == .i32, table.shape.rank > 0 else {
      throw mismatch([table, indices])
    }
    return TensorType(.f32, try Shape(indices.shape.dims + table.shape.dims.dropFirst()))
  }

  private func checkGranularity(_ params: QuantParams, of shape: Shape) throws(Diagnostic) {
    let expected: Int
    switch params.granularity {
    case .perTensor:
      expected = 1
    case .perChannel(let axis):
      expected = shape[try shape.normalizedAxis(axis)]
    case .perGroup(let axis, let groupSize):
      let extent = shape[try shape.normalizedAxis(axis)]
      guard groupSize > 0, extent > 0 else {
        throw Diagnostic(.invalidQuantization, "groups of \(groupSize) over [\(shape)]")
      }
      expected = shape.elementCount / extent * ((extent + groupSize - 1) / groupSize)
    }
    guard params.scales.count == expected else {
      throw Diagnostic(
        .invalidQuantization,
        "\(params.scales.count) scales for [\(shape)], which needs \(expected)")
    }
  }

  private func requireActivation(_ type: TensorType) throws(Diagnostic) {
    guard type.element == .u8 || type.element == .i8, type.quantization?.isPerTensor == true else {
      throw Diagnostic(
        .invalidQuantization,
        "\(mnemonic) needs an 8-bit tensor with one scale, got \(type.element.rawValue)")
    }
  }

  private func requireWeights(_ type: TensorType, channelAxis: Int) throws(Diagnostic) {
    guard type.element == .i8, let params = type.quantization else {
      throw Diagnostic(
        .invalidQuantization, "\(mnemonic) needs i8 weights, got \(type.element.rawValue)")
    }
    guard params.isSymmetric else {
      throw Diagnostic(.asymmetricWeights, "\(mnemonic) needs symmetric weights")
    }
    guard params.isPerTensor || params.granularity == .perChannel(axis: channelAxis) else {
      throw Diagnostic(
        .invalidQuantization, "\(mnemonic) needs weights with one scale per output channel")
    }
    try checkGranularity(params, of: type.shape)
  }

  private func requireResidual(_ type: TensorType, _ shape: Shape) throws(Diagnostic) {
    try requireActivation(type)
    guard type.shape == shape else {
      throw Diagnostic(
        .shapeMismatch, "\(mnemonic) makes [\(shape)], its residual is [\(type.shape)]")
    }
  }
}
