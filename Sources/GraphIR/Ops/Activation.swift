import Tensors

extension TensorType {
  /// Integers that integer ops take and make as activations: u8 or i8 with one scale and zero
  /// point, or i16 with one scale and zero point 0.
  package var isActivation: Bool {
    guard let quantization, quantization.isPerTensor else { return false }
    switch element {
    case .u8, .i8: return true
    case .i16: return quantization.isSymmetric
    case .f32, .f64, .f16, .bf16, .u16, .i32, .u32, .i64, .u64, .i4, .u4, .bool, .f8e4m3, .f8e5m2:
      return false
    }
  }

  /// An activation of 8 bits.
  package var isByteActivation: Bool { isActivation && element.bitWidth == 8 }
}

extension Quantize {
  /// Whether the op makes an activation of 8 or 16 bits.
  package var makesActivation: Bool { type.isActivation }
  /// Whether the op makes an activation of 8 bits.
  package var makesByteActivation: Bool { type.isByteActivation }

  private var type: TensorType { TensorType(element, .scalar, params) }
}
