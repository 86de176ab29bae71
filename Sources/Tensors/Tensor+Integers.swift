import Diagnostics
import Foundation

extension Tensor {
  /// The elements of an integer or boolean tensor, widened; `nil` for float types.
  ///
  /// A `u64` beyond `Int64.max` wraps.
  package var integers: [Int64]? {
    switch element {
    case .i8: elements(Int8.self).map(Int64.init)
    case .u8, .bool: elements(UInt8.self).map(Int64.init)
    case .i16: elements(Int16.self).map(Int64.init)
    case .u16: elements(UInt16.self).map(Int64.init)
    case .i32: elements(Int32.self).map(Int64.init)
    case .u32: elements(UInt32.self).map(Int64.init)
    case .i64: elements(Int64.self)
    case .u64: elements(UInt64.self).map { Int64(truncatingIfNeeded: $0) }
    case .i4: nibbles.map { Int64(($0 ^ 8) - 8) }
    case .u4: nibbles.map(Int64.init)
    case .f32, .f64, .f16, .bf16, .f8e4m3, .f8e5m2: nil
    }
  }

  /// The codes of a four-bit tensor, each in 0...15.
  private var nibbles: [Int] {
    let packed = [UInt8](bytes)
    return (0..<shape.elementCount).map { index -> Int in
      let byte = Int(packed[index / 2])
      return index % 2 == 0 ? byte & 15 : byte >> 4
    }
  }

  /// A tensor of an integer type from widened values, each truncated to its width.
  package static func integers(
    _ element: ElementType, _ shape: Shape, _ values: [Int64]
  ) throws(Diagnostic) -> Tensor {
    switch element {
    case .i8: return try Tensor(element, shape, values.map { Int8(truncatingIfNeeded: $0) })
    case .u8: return try Tensor(element, shape, values.map { UInt8(truncatingIfNeeded: $0) })
    case .bool: return try Tensor(element, shape, values.map { UInt8($0 == 0 ? 0 : 1) })
    case .i16: return try Tensor(element, shape, values.map { Int16(truncatingIfNeeded: $0) })
    case .u16: return try Tensor(element, shape, values.map { UInt16(truncatingIfNeeded: $0) })
    case .i32: return try Tensor(element, shape, values.map { Int32(truncatingIfNeeded: $0) })
    case .u32: return try Tensor(element, shape, values.map { UInt32(truncatingIfNeeded: $0) })
    case .i64: return try Tensor(element, shape, values)
    case .u64: return try Tensor(element, shape, values.map { UInt64(truncatingIfNeeded: $0) })
    case .i4, .u4:
      var packed = [UInt8](repeating: 0, count: (values.count + 1) / 2)
      for (index, value) in values.enumerated() {
        packed[index / 2] |= UInt8(truncatingIfNeeded: value & 15) << (index % 2 == 0 ? 0 : 4)
      }
      return try Tensor(element, shape, bytes: Data(packed))
    case .f32, .f64, .f16, .bf16, .f8e4m3, .f8e5m2:
      throw Diagnostic(.elementTypeMismatch, "\(element.rawValue) is not an integer type")
    }
  }
}
