import Diagnostics
import GraphIR
import Tensors

/// A tensor and what it stands for.
struct Operand {
  let tensor: Tensor
  let type: TensorType

  init(_ tensor: Tensor, _ type: TensorType) {
    self.tensor = tensor
    self.type = type
  }

  var shape: Shape { tensor.shape }
  var element: ElementType { tensor.element }

  /// The one scale and zero point of a tensor that is quantized as a whole.
  ///
  /// - Throws: `QC3003` when it is not.
  func perTensorParams() throws(Diagnostic) -> QuantParams {
    guard let params = type.quantization, params.isPerTensor else {
      throw Diagnostic(.invalidQuantization, "an operand is not quantized per tensor")
    }
    return params
  }
}

/// One op on its operands.
struct Evaluation {
  let op: Op
  let operands: [Operand]
  let type: TensorType

  init(_ op: Op, _ operands: [Operand], _ type: TensorType) {
    self.op = op
    self.operands = operands
    self.type = type
  }

  func result() throws(Diagnostic) -> Tensor {
    guard op.operandCount.contains(operands.count) else {
      throw Diagnostic(
        .invalidGraph, "\(op.mnemonic) has \(operands.count) operands, needs \(op.operandCount)")
    }
    switch op {
    case .input:
      throw Diagnostic(.internalError, "an input has no value of its own")
    case .constant(let tensor):
      return tensor
    case .conv(let conv): return try convolution(conv)
    case .matMul: return try matMul()
    case .unary(let function): return try unary(function)
    case .binary(let function): return try binary(function)
    case .select: return try select()
    case .cast(let cast): return try operands[0].tensor.cast(to: cast)
    case .softmax(let softmax): return try self.softmax(softmax)
    case .attention(let attention): return try self.attention(attention)
    case .rotaryEmbedding(let rotary): return try rotaryEmbedding(rotary)
    case .layerNorm(let norm): return try layerNorm(norm)
    case .rmsNorm(let norm): return try rmsNorm(norm)
    case .batchNorm(let norm): return try batchNorm(norm)
    case .reduce(let reduction): return try reduce(reduction)
    case .pool(let pooling): return try pool(pooling)
    case .reshape: return try operands[0].tensor.reshaped(type.shape)
    case .transpose(let transpose): return try operands[0].tensor.transposed(transpose.permutation)
    case .concat(let concat): return try self.concat(concat)
    case .slice(let slice): return try operands[0].tensor.sliced(slice)
    case .gather(let gather): return try self.gather(gather)
    case .pad(let padding): return try pad(padding)
    case .expand: return try operands[0].tensor.broadcast(to: type.shape)
    case .resize(let resize): return try self.resize(resize, of: operands[0].tensor)
    case .quantize(let quantize): return try self.quantize(quantize)
    case .dequantize: return try dequantize()
    case .quantizedConv(let conv): return try quantizedConv(conv)
    case .quantizedMatMul(let matMul): return try quantizedMatMul(matMul)
    case .quantizedBinary(let binary): return try quantizedBinary(binary)
    case .quantizedPool(let pool): return try quantizedPool(pool)
    case .quantizedResize(let resize): return try quantizedResize(resize)
    case .quantizedAttention(let attention): return try quantizedAttention(attention)
    case .quantizedRotaryEmbedding(let quantized): return try rotaryEmbedding(quantized)
    case .lookup(let lookup): return try self.lookup(lookup)
    case .embedding: return try embedding()
    }
  }

  func unsupported(_ what: String) -> Diagnostic {
    Diagnostic(.unsupportedElementType, "\(op.mnemonic) of \(what) is not computed")
  }
}
