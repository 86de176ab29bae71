import Diagnostics
import Tensors

extension Op {
  /// The type that the op makes of its operands.
  ///
  /// - Throws: `QC1001`, `QC1006`, `QC1007` or `QC3003` when they do not fit the op.
  package func resultType(_ operands: [TensorType]) throws(Diagnostic) -> TensorType {
    guard operandCount.contains(operands.count) else {
      throw Diagnostic(
        .invalidGraph, "\(mnemonic) has \(operands.count) operands, needs \(operandCount)")
    }
    switch self {
    case .input:
      throw Diagnostic(.internalError, "an input's type is given, not inferred")
    case .constant(let tensor):
      return TensorType(tensor.element, tensor.shape)
    case .conv(let conv):
      let shape = try conv.resultShape(operands[0].shape, weights: operands[1].shape)
      if operands.count == 3, operands[2].shape.dims != [shape[1]] {
        throw Diagnostic(.shapeMismatch, "conv bias [\(operands[2].shape)] for [\(shape)]")
      }
      try requireSameElement(operands)
      return TensorType(operands[0].element, shape)
    case .matMul:
      try requireSameElement(operands)
      return TensorType(operands[0].element, try matMulShape(operands))
    case .unary:
      return TensorType(operands[0].element, operands[0].shape)
    case .binary(let function):
      return try binaryType(function, operands)
    case .select:
      guard operands[0].element == .bool, operands[1].element == operands[2].element,
        let choice = operands[1].shape.broadcast(with: operands[2].shape),
        let shape = choice.broadcast(with: operands[0].shape)
      else { throw mismatch(operands) }
      return TensorType(operands[1].element, shape)
    case .cast(let cast):
      return TensorType(cast.element, operands[0].shape)
    case .softmax(let softmax):
      _ = try operands[0].shape.normalizedAxis(softmax.axis)
      guard softmax.kind != .safe || operands[0].element == .f32 else {
        throw Diagnostic(
          .elementTypeMismatch, "a safe softmax of \(operands[0].element.rawValue)")
      }
      return operands[0]
    case .attention:
      guard operands.allSatisfy({ $0.element == .f32 }), let shape = attentionShape(operands) else {
        throw mismatch(operands)
      }
      return TensorType(.f32, shape)
    case .rotaryEmbedding(let rotary):
      guard operands.allSatisfy({ $0.element == operands[0].element && $0.element.isFloat }),
        operands.allSatisfy({ $0.quantization == nil }),
        rotary.takes(x: operands[0].shape, angles: operands.dropFirst().map(\.shape))
      else { throw mismatch(operands) }
      return operands[0]
    case .layerNorm(let norm), .rmsNorm(let norm):
      _ = try operands[0].shape.normalizedAxis(norm.axis)
      for scale in operands.dropFirst() {
        guard scale.shape.broadcast(with: operands[0].shape) == operands[0].shape else {
          throw mismatch(operands)
        }
      }
      return operands[0]
    case .batchNorm:
      guard operands[0].shape.rank >= 2,
        operands.dropFirst().allSatisfy({ $0.shape.dims == [operands[0].shape[1]] })
      else { throw mismatch(operands) }
      return operands[0]
    case .reduce(let reduction):
      return TensorType(operands[0].element, try reduction.resultShape(operands[0].shape))
    case .pool(let pooling):
      var type = operands[0]
      guard pooling.kind == .max || type.quantization == nil else {
        throw Diagnostic(.elementTypeMismatch, "an average pool of integers is q.pool")
      }
      type.shape = try pooling.resultShape(type.shape)
      return type
    case .quantize, .dequantize, .quantizedConv, .quantizedMatMul, .quantizedBinary,
      .quantizedPool, .quantizedResize, .quantizedAttention, .quantizedRotaryEmbedding, .lookup,
      .embedding:
      return try quantizedType(operands)
    case .reshape, .transpose, .concat, .slice, .gather, .pad, .expand, .resize:
      return try movementType(operands)
    }
  }

  /// How many operands the op may have.
  package var operandCount: ClosedRange<Int> {
    switch self {
    case .input, .constant: 0...0
    case .conv: 2...3
    case .matMul, .binary, .gather, .rmsNorm, .embedding: 2...2
    case .select, .rotaryEmbedding, .quantizedRotaryEmbedding: 3...3
    case .layerNorm: 2...3
    case .batchNorm: 5...5
    case .concat: 1...Int.max
    case .attention, .quantizedAttention: 3...4
    case .unary, .cast, .softmax, .reduce, .pool, .reshape, .transpose, .slice, .pad, .expand,
      .resize, .quantize, .dequantize, .quantizedPool, .quantizedResize, .lookup:
      1...1
    case .quantizedConv(let conv): conv.epilogue.hasResidual ? 4...4 : 3...3
    case .quantizedMatMul(let matMul):
      { $0...$0 }(2 + (matMul.hasBias ? 1 : 0) + (matMul.epilogue.hasResidual ? 1 : 0))
    case .quantizedBinary: 2...2
    }
  }

  func mismatch(_ operands: [TensorType]) -> Diagnostic {
    let list = operands.map { "[\($0.shape)] \($0.element.rawValue)" }.joined(separator: ", ")
    return Diagnostic(.shapeMismatch, "\(mnemonic) does not take \(list)")
  }

  private func requireSameElement(_ operands: [TensorType]) throws(Diagnostic) {
    guard operands.allSatisfy({ $0.element == operands[0].element }) else {
      let list = operands.map(\.element.rawValue).joined(separator: ", ")
      throw Diagnostic(.elementTypeMismatch, "\(mnemonic) does not take \(list)")
    }
  }

  private func binaryType(
    _ function: BinaryFunction, _ operands: [TensorType]
  ) throws(Diagnostic) -> TensorType {
    if function != .pow { try requireSameElement(operands) }
    guard let shape = operands[0].shape.broadcast(with: operands[1].shape) else {
      throw mismatch(operands)
    }
    return TensorType(function.isPredicate ? .bool : operands[0].element, shape)
  }

  /// `[…, m, k] · […, k, n]`, leading axes broadcast.
  func matMulShape(_ operands: [TensorType]) throws(Diagnostic) -> Shape {
    let (lhs, rhs) = (operands[0].shape.dims, operands[1].shape.dims)
    guard lhs.count >= 2, rhs.count >= 2, lhs[lhs.count - 1] == rhs[rhs.count - 2],
      let batch = try Shape(Array(lhs.dropLast(2))).broadcast(with: Shape(Array(rhs.dropLast(2))))
    else {
      throw Diagnostic(
        .shapeMismatch,
        "\(mnemonic) needs […, m, k] and […, k, n], got [\(operands[0].shape)] and [\(operands[1].shape)]",
        hint: "a transposed weight? set transB = 1 on the Gemm node")
    }
    return try Shape(batch.dims + [lhs[lhs.count - 2], rhs[rhs.count - 1]])
  }
}
