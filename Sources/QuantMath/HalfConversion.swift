/// IEEE binary16 and bfloat16 bits from and to wider numbers, rounded half to even, with ±∞ beyond
/// the largest finite number.
package enum HalfConversion {
  package static func float(fromF16 bits: UInt16) -> Float {
    BinaryFloatFormat.f16.value(of: UInt32(bits))
  }

  package static func f16(_ x: Double) -> UInt16 { UInt16(BinaryFloatFormat.f16.bits(of: x)) }

  package static func float(fromBF16 bits: UInt16) -> Float {
    Float(bitPattern: UInt32(bits) << 16)
  }

  package static func bf16(_ x: Double) -> UInt16 { UInt16(BinaryFloatFormat.bf16.bits(of: x)) }
}
