import Tensors

/// What a node computes. Operands are listed with each case; the payload holds the attributes.
///
/// Activations of images are `[n, c, h, w]` and convolution weights `[o, i/groups, h, w]`, whatever
/// the physical layout will be. The `q.*` ops are defined in `Documentation/Quantization.md`.
package enum Op: Hashable, Sendable {
  /// A model input; no operands.
  case input
  /// A constant; no operands. Integers of a quantized constant are in the tensor.
  case constant(Tensor)

  /// x, weights, and optionally bias `[o]`.
  case conv(Convolution)
  /// lhs `[…, m, k]`, rhs `[…, k, n]`; leading axes broadcast. Rank 1 is not allowed.
  case matMul
  case unary(UnaryFunction)
  /// lhs, rhs; numpy broadcasting.
  case binary(BinaryFunction)
  /// condition (bool), then, else; numpy broadcasting.
  case select
  case cast(Cast)
  case softmax(Softmax)
  /// q, k, v, and optionally an added mask; all f32.
  case attention(Attention)
  /// x, cos, sin.
  case rotaryEmbedding(RotaryEmbedding)
  /// x, scale, and optionally bias; over all axes from `axis` on.
  case layerNorm(Normalization)
  /// x, scale; over all axes from `axis` on.
  case rmsNorm(Normalization)
  /// x, scale, bias, mean, variance, each `[c]`.
  case batchNorm(BatchNormalization)
  case reduce(Reduction)
  /// Maximum pooling also takes quantized operands, whose quantization it keeps.
  case pool(Pooling)

  // Movement: these take any element type and keep the quantization.
  /// To the given shape.
  case reshape(Reshape)
  case transpose(Transpose)
  case concat(Concatenation)
  case slice(Slice)
  /// data, indices (i32 or i64; negative ones count from the back).
  case gather(Gather)
  case pad(Padding)
  /// To the given shape, by numpy broadcasting.
  case expand(Reshape)
  case resize(Resize)

  /// f32 to integers.
  case quantize(Quantize)
  /// Integers to f32.
  case dequantize

  /// `q.conv`: x (activation), weights (i8 constant), bias (i32 constant), and a residual when it has one.
  case quantizedConv(QuantizedConvolution)
  /// `q.matmul`: lhs (activation), rhs (i8), bias (i32 constant) when it has one, residual when it has one.
  case quantizedMatMul(QuantizedMatMul)
  /// `q.binary`: lhs, rhs, both activations.
  case quantizedBinary(QuantizedBinary)
  /// `q.pool`: average of an activation over windows.
  case quantizedPool(QuantizedPool)
  /// `q.resize`: linear interpolation of the images of an activation.
  case quantizedResize(QuantizedResize)
  /// `q.attention`: q (u8 or i8), k and v (i8, symmetric), and optionally an added f32 mask.
  case quantizedAttention(QuantizedAttention)
  /// `q.rotary_embedding`: x (8-bit or f32), cos and sin (f32).
  case quantizedRotaryEmbedding(QuantizedRotaryEmbedding)
  /// `q.lookup`: a 256-entry table from 8 bits to 8 bits.
  case lookup(Lookup)
  /// `q.embedding`: table (i8 or u8 constant, rows along axis 0), indices (i32 or i64; negative ones
  /// count from the back). Makes f32.
  case embedding
}
