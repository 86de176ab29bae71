extension Float {
  /// The number as an exact C literal: `0x1.8p+1f`; infinities and NaN as `__builtin_…`.
  package var cLiteral: String {
    if isNaN { return "__builtin_nanf(\"\")" }
    if isInfinite { return self < 0 ? "(-__builtin_inff())" : "__builtin_inff()" }
    let sign = sign == .minus ? "-" : ""
    if self == 0 { return "\(sign)0x0p+0f" }
    // 23 fraction bits, shifted left once to fill six hexadecimal digits.
    let isNormal = exponentBitPattern != 0
    let exponent = isNormal ? Int(exponentBitPattern) - 127 : -126
    var digits = String(significandBitPattern << 1, radix: 16)
    digits = String(repeating: "0", count: 6 - digits.count) + digits
    while digits.hasSuffix("0") { digits.removeLast() }
    let fraction = digits.isEmpty ? "" : ".\(digits)"
    return "\(sign)0x\(isNormal ? 1 : 0)\(fraction)p\(exponent < 0 ? "" : "+")\(exponent)f"
  }
}
