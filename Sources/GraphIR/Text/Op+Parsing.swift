import Diagnostics
import Tensors

extension Op {
  /// The op of a mnemonic with its attributes.
  ///
  /// - Throws: `QC1003` for an unknown mnemonic or a missing attribute, and what the op refuses.
  init(mnemonic: String, _ reader: inout AttributeReader) throws(Diagnostic) {
    if let movement = try Op.movement(mnemonic, &reader) {
      self = movement
    } else if let quantized = try Op.quantized(mnemonic, &reader) {
      self = quantized
    } else if let function = try UnaryFunction(mnemonic: mnemonic, &reader) {
      self = .unary(function)
    } else if let function = BinaryFunction(rawValue: mnemonic) {
      self = .binary(function)
    } else if mnemonic.hasPrefix("reduce_"),
      let kind = Reduction.Kind(rawValue: String(mnemonic.dropFirst("reduce_".count)))
    {
      self = .reduce(
        Reduction(kind, axes: try reader.ints("axes"), keepsAxes: try reader.bool("keeps_axes")))
    } else if let kind = Softmax.Kind(rawValue: mnemonic) {
      self = .softmax(Softmax(axis: try reader.int("axis"), kind))
    } else {
      switch mnemonic {
      case "input": self = .input
      case "conv": self = .conv(try Convolution(&reader))
      case "matmul": self = .matMul
      case "select": self = .select
      case "attention": self = .attention(try Attention(&reader))
      case "rotary_embedding": self = .rotaryEmbedding(try RotaryEmbedding(&reader))
      case "layer_norm": self = .layerNorm(try Normalization(&reader))
      case "rms_norm": self = .rmsNorm(try Normalization(&reader))
      case "batch_norm":
        self = .batchNorm(BatchNormalization(epsilon: try reader.float("epsilon")))
      case "max_pool": self = .pool(try Pooling(.max, &reader))
      case "average_pool": self = .pool(try Pooling(.average, &reader))
      case "cast":
        guard let element = ElementType(rawValue: try reader.word("to")) else {
          throw Diagnostic(.malformedText, "cast to an unknown element type")
        }
        self = .cast(Cast(element, saturates: try reader.bool("saturates")))
      default:
        throw Diagnostic(.malformedText, "unknown op '\(mnemonic)'")
      }
    }
  }

  private static func movement(
    _ mnemonic: String, _ reader: inout AttributeReader
  ) throws(Diagnostic) -> Op? {
    switch mnemonic {
    case "reshape": return .reshape(Reshape(try Shape(try reader.ints("shape"))))
    case "expand": return .expand(Reshape(try Shape(try reader.ints("shape"))))
    case "transpose": return .transpose(try Transpose(try reader.ints("permutation")))
    case "concat": return .concat(Concatenation(axis: try reader.int("axis")))
    case "gather": return .gather(Gather(axis: try reader.int("axis")))
    case "slice":
      return .slice(
        Slice(
          starts: try reader.ints("starts"), steps: try reader.ints("steps"),
          sizes: try reader.ints("sizes")))
    case "pad":
      guard let mode = Padding.Mode(rawValue: try reader.word("mode")) else {
        throw Diagnostic(.malformedText, "unknown pad mode")
      }
      return .pad(
        Padding(mode, pads: try reader.ints("pads"), value: try reader.float("value")))
    case "resize": return .resize(try Resize(&reader))
    default:
      return nil
    }
  }

  private static func quantized(
    _ mnemonic: String, _ reader: inout AttributeReader
  ) throws(Diagnostic) -> Op? {
    switch mnemonic {
    case "quantize":
      guard case .quantized(let element, let params) = try reader.result() else {
        throw Diagnostic(.malformedText, "quantize needs a quantized type")
      }
      return .quantize(Quantize(element, params))
    case "dequantize":
      return .dequantize
    case "q.conv":
      return .quantizedConv(
        QuantizedConvolution(geometry: try Convolution(&reader), epilogue: try Epilogue(&reader)))
    case "q.matmul":
      return .quantizedMatMul(
        QuantizedMatMul(hasBias: try reader.bool("bias"), epilogue: try Epilogue(&reader)))
    case "q.add", "q.sub", "q.mul":
      guard let function = BinaryFunction(rawValue: String(mnemonic.dropFirst(2))) else {
        return nil
      }
      return .quantizedBinary(
        QuantizedBinary(function, clamp: try reader.clamp(), result: try reader.result()))
    case "q.average_pool":
      return .quantizedPool(
        QuantizedPool(try Pooling(.average, &reader), result: try reader.result()))
    case "q.resize":
      return .quantizedResize(
        QuantizedResize(try Resize(&reader), result: try reader.result()))
    case "q.attention":
      let attention = try Attention(&reader)
      return .quantizedAttention(
        QuantizedAttention(
          scale: attention.scale, probabilities: attention.probabilities,
          result: try reader.result()))
    case "q.rotary_embedding":
      return .quantizedRotaryEmbedding(
        QuantizedRotaryEmbedding(try RotaryEmbedding(&reader), result: try reader.result()))
    case "q.lookup":
      let table = try reader.bytes("table")
      guard table.count == 256, case .quantized(let element, let params) = try reader.result()
      else { throw Diagnostic(.malformedText, "q.lookup needs 256 bytes and a quantized type") }
      return .lookup(
        Lookup(
          table: table, element: element, params: params, function: try reader.word("function")))
    case "q.embedding":
      return .embedding
    default:
      return nil
    }
  }
}
