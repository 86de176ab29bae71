import Diagnostics
import Tensors

extension Op {
  /// The type that an op on quantized integers makes, after checking its table.
  ///
  /// | op         | lhs        | rhs                        | bias | residual   | result          |
  /// |------------|------------|----------------------------|------|------------|-----------------|
  /// | q.conv     | activation | i8, symmetric, axis 0      | i32  | activation | activation, f32 |
  /// | q.matmul   | activation | i8, symmetric, last axis   | i32  | activation | activation, f32 |
  /// | q.binary   | activation | activation                 |      |            | activation, f32 |
  /// | q.pool     | activation |                            |      |            | activation, f32 |
  /// | q.resize   | activation |                            |      |            | activation, f32 |
  /// | q.lookup   | u8, i8     |                            |      |            | u8, i8          |
  ///
  /// An activation is u8 or i8 per tensor, or i16 per tensor with zero point 0
  /// (``TensorType/isActivation``); each operand and the result has a type of its own. A window of
  /// q.pool must be small enough that its sum fits int32 (``Pooling/sumFits(_:)``).
  ///
  /// `q.embedding` takes a table, i8 or u8, per tensor or with one scale for each row of axis 0, and
  /// i32 or i64 indices.
  ///
  /// `q.rotary_embedding` takes x as u8 or i8 per tensor, or as f32 that is made 8-bit, and f32 angles.
  ///
  /// `q.attention` takes q as u8 or i8, k and v as symmetric i8, all per tensor, and an f32 mask, and
  /// makes 8-bit integers or f32.
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
      return try resultType(conv.epilogue.result, shape)
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
      return try resultType(matMul.epilogue.result, shape)
    case .quantizedBinary(let binary):
      guard [.add, .sub, .mul].contains(binary.function),
        let shape = operands[0].shape.broadcast(with: operands[1].shape)
      else { throw mismatch(operands) }
      try requireActivation(operands[0])
      try requireActivation(operands[1])
      return try resultType(binary.result, shape)
    case .quantizedPool(let pool):
      try requireActivation(operands[0])
      let shape = try pool.pooling.resultShape(operands[0].shape)
      guard pool.pooling.sumFits(operands[0]) else {
        throw Diagnostic(
          .accumulatorOverflow,
          "a window of \(pool.pooling.kernel) over \(operands[0].element.rawValue) can sum to more"
            + " than 2^31 - 1")
      }
      return try resultType(pool.result, shape)
    case .quantizedResize(let resize):
      try requireActivation(operands[0])
      guard resize.resize.interpolatesImages(of: operands[0].shape) else {
        throw mismatch(operands)
      }
      return try resultType(resize.result, try Shape(resize.resize.sizes))
    case .quantizedAttention(let attention):
      try requireBytes(operands[0])
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
      return try byteResultType(attention.result, shape)
    case .quantizedRotaryEmbedding(let quantized):
      if operands[0].element != .f32 || quantized.result == .float {
        try requireBytes(operands[0])
      }
      guard operands.dropFirst().allSatisfy({ $0.element == .f32 }),
        quantized.rotary.takes(x: operands[0].shape, angles: operands.dropFirst().map(\.shape))
      else { throw mismatch(operands) }
      return try byteResultType(quantized.result, operands[0].shape)
    case .lookup(let lookup):
      try requireBytes(operands[0])
      return try byteResultType(.quantized(lookup.element, lookup.params), operands[0].shape)
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
    guard type.isActivation else { throw notAnActivation(type, "needs") }
  }

  private func requireBytes(_ type: TensorType) throws(Diagnostic) {
    guard type.isByteActivation else {
      throw Diagnostic(
        .invalidQuantization,
        "\(mnemonic) needs an 8-bit tensor with one scale, got \(type.element.rawValue)")
    }
  }

  /// The type of an activation or of f32 numbers.
  private func resultType(
    _ result: QuantizedResult, _ shape: Shape
  ) throws(Diagnostic) -> TensorType {
    let type = result.type(shape)
    guard result == .float || type.isActivation else { throw notAnActivation(type, "makes") }
    return type
  }

  /// The type of 8-bit integers or of f32 numbers.
  private func byteResultType(
    _ result: QuantizedResult, _ shape: Shape
  ) throws(Diagnostic) -> TensorType {
    let type = result.type(shape)
    guard result == .float || type.isByteActivation else {
      throw Diagnostic(
        .invalidQuantization,
        "\(mnemonic) makes 8-bit integers with one scale, not \(type.element.rawValue)")
    }
    return type
  }

  private func notAnActivation(_ type: TensorType, _ verb: String) -> Diagnostic {
    let what =
      type.element == .i16 && type.quantization?.isPerTensor == true
      ? "i16 with zero point 0, got \(type.quantization?.zeroPoint ?? 0)"
      : "an 8-bit or 16-bit tensor with one scale, got \(type.element.rawValue)"
    return Diagnostic(.invalidQuantization, "\(mnemonic) \(verb) \(what)")
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
