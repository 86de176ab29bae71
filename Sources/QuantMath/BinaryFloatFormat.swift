/// A narrow binary float: sign, exponent, significand; conversions by integer arithmetic.
struct BinaryFloatFormat {
  let exponentBits: Int
  let significandBits: Int
  let bias: Int
  /// The bits of the largest finite number.
  let largest: UInt32
  /// The bits of positive infinity; `nil` when the format has none.
  let infinity: UInt32?
  let nan: UInt32

  static let f16 = BinaryFloatFormat(
    exponentBits: 5, significandBits: 10, bias: 15, largest: 0x7bff, infinity: 0x7c00, nan: 0x7e00)
  static let bf16 = BinaryFloatFormat(
    exponentBits: 8, significandBits: 7, bias: 127, largest: 0x7f7f, infinity: 0x7f80, nan: 0x7fc0)
  /// Source: ONNX `float8`: no infinity, one NaN for each sign.
  static let f8e4m3 = BinaryFloatFormat(
    exponentBits: 4, significandBits: 3, bias: 7, largest: 0x7e, infinity: nil, nan: 0x7f)
  static let f8e5m2 = BinaryFloatFormat(
    exponentBits: 5, significandBits: 2, bias: 15, largest: 0x7b, infinity: 0x7c, nan: 0x7f)

  private var signBit: UInt32 { 1 << (exponentBits + significandBits) }

  /// The number nearest to `x`, halves to even.
  ///
  /// What exceeds the largest number after rounding of its significand becomes it if `saturates`,
  /// infinities too; else infinity, or NaN in a format without.
  func bits(of x: Double, saturates: Bool = false) -> UInt32 {
    let sign = x.sign == .minus ? signBit : 0
    if x.isNaN { return sign | nan }
    let overflow = saturates ? largest : infinity ?? nan
    if x.isInfinite { return sign | overflow }
    if x == 0 { return sign }
    // The step between numbers of x's size; below the normal numbers it stays the same.
    let exponent = max(Int(x.exponent), 1 - bias)
    let step = exponent - significandBits
    let steps = scaled(x.magnitude, by: -step).rounded(.toNearestOrEven)
    // Rounding up to the next power of two carries into the exponent by itself.
    let magnitude = UInt64(steps) + UInt64(exponent + bias - 1) << UInt64(significandBits)
    return sign | (magnitude > UInt64(largest) ? overflow : UInt32(magnitude))
  }

  /// The exact value of `bits`.
  func value(of bits: UInt32) -> Float {
    let magnitude = bits & (signBit - 1)
    let sign: Float = bits & signBit == 0 ? 1 : -1
    if magnitude > largest { return magnitude == infinity ? sign * .infinity : .nan }
    let significand = magnitude & ((1 << UInt32(significandBits)) - 1)
    let field = Int(magnitude >> UInt32(significandBits))
    let isNormal = field > 0
    let steps = significand + (isNormal ? 1 << UInt32(significandBits) : 0)
    let exponent = (isNormal ? field : 1) - bias - significandBits
    return sign * Float(scaled(Double(steps), by: exponent))
  }

  /// `x · 2^exponent`; exact, as every number in use stays far within fp64's normal numbers or is
  /// rounded once to 0.
  private func scaled(_ x: Double, by exponent: Int) -> Double {
    Double(sign: .plus, exponent: exponent, significand: x)
  }
}
