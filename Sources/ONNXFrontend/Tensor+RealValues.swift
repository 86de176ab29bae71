import Tensors

extension Tensor {
  /// The elements as f32 numbers; `nil` for the four-bit and 8-bit float types.
  package var realValues: [Float]? {
    switch element {
    case .f32: floats
    case .f64: elements(Double.self).map { Float($0) }
    case .f16: elements(UInt16.self).map(Tensor.fromHalf)
    case .bf16: elements(UInt16.self).map { Float(bitPattern: UInt32($0) << 16) }
    case .i8, .u8, .i16, .u16, .i32, .u32, .i64, .u64, .i4, .u4, .bool:
      integers?.map { Float($0) }
    case .f8e4m3, .f8e5m2: nil
    }
  }

  /// The value of a binary16 pattern: exact.
  private static func fromHalf(_ bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let exponent = UInt32(bits >> 10 & 0x1f)
    let fraction = UInt32(bits & 0x3ff)
    switch exponent {
    case 0:
      let magnitude = Float(fraction) * 0x1p-24
      return sign == 0 ? magnitude : -magnitude
    case 31:
      return Float(bitPattern: sign | 0x7f80_0000 | fraction << 13)
    default:
      return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
  }
}
