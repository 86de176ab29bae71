/// Four-bit integers two to a byte: the first in the low nibble, the last byte filled with zeros.
///
/// Source: ONNX `int4`.
package enum Int4Packing {
  /// The low four bits of each value.
  package static func pack(_ values: [Int8]) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: (values.count + 1) / 2)
    for (index, value) in values.enumerated() {
      bytes[index / 2] |= (UInt8(bitPattern: value) & 15) << (index % 2 == 0 ? 0 : 4)
    }
    return bytes
  }

  /// `count` values, sign-extended if `isSigned`.
  package static func unpack(_ bytes: [UInt8], count: Int, isSigned: Bool) -> [Int8] {
    (0..<count).map { index in
      let nibble = Int8(index % 2 == 0 ? bytes[index / 2] & 15 : bytes[index / 2] >> 4)
      return isSigned ? (nibble ^ 8) - 8 : nibble
    }
  }
}
