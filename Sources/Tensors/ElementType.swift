/// The element types that tensors are kept in.
package enum ElementType: String, CaseIterable, Codable, Hashable, Sendable {
  case f32, f64, f16, bf16
  case i8, u8, i16, u16, i32, u32, i64, u64
  case i4, u4
  case bool
  case f8e4m3, f8e5m2

  /// Size of one element in bits; 4 for the packed four-bit types.
  package var bitWidth: Int {
    switch self {
    case .f64, .i64, .u64: 64
    case .f32, .i32, .u32: 32
    case .f16, .bf16, .i16, .u16: 16
    case .i8, .u8, .bool, .f8e4m3, .f8e5m2: 8
    case .i4, .u4: 4
    }
  }

  /// Bytes of `count` elements, packed, the last byte filled up.
  package func byteCount(of count: Int) -> Int { (count * bitWidth + 7) / 8 }

  package var isFloat: Bool {
    switch self {
    case .f32, .f64, .f16, .bf16, .f8e4m3, .f8e5m2: true
    case .i8, .u8, .i16, .u16, .i32, .u32, .i64, .u64, .i4, .u4, .bool: false
    }
  }

  /// Smallest and largest integer of an integer type; `nil` for the others and for 64 bits.
  package var integerBounds: ClosedRange<Int64>? {
    switch self {
    case .i4: -8...7
    case .u4: 0...15
    case .i8: -128...127
    case .u8: 0...255
    case .i16: -32768...32767
    case .u16: 0...65535
    case .i32: Int64(Int32.min)...Int64(Int32.max)
    case .u32: 0...Int64(UInt32.max)
    case .i64: Int64.min...Int64.max
    case .u64, .f32, .f64, .f16, .bf16, .bool, .f8e4m3, .f8e5m2: nil
    }
  }
}
