import Diagnostics
import GraphIR
import QuantMath
import Tensors

extension Tensor {
  /// Every element as another type.
  ///
  /// Floats are truncated towards zero to integers (rounded half to even to four bits), then keep
  /// the low bits; NaN gives 0. To `bool`, everything but zero is true.
  func cast(to cast: Cast) throws(Diagnostic) -> Tensor {
    if cast.element == element { return self }
    if cast.element.isFloat {
      return try Tensor.rounding(doubles, to: cast.element, shape, saturates: cast.saturates)
    }
    if cast.element == .bool {
      let flags = element.isFloat ? doubles.map { $0 != 0 } : (integers ?? []).map { $0 != 0 }
      return try Tensor(.bool, shape, flags.map { UInt8($0 ? 1 : 0) })
    }
    if let integers { return try Tensor.integers(cast.element, shape, integers) }
    if cast.element == .u64 {
      return try Tensor(.u64, shape, doubles.map { UInt64(truncating: $0) })
    }
    let isNarrow = cast.element == .i4 || cast.element == .u4
    return try Tensor.integers(
      cast.element, shape,
      doubles.map { Int64(truncating: isNarrow ? $0.rounded(.toNearestOrEven) : $0) })
  }
}

extension Int64 {
  /// Towards zero; the nearest bound for what lies beyond; 0 for NaN.
  fileprivate init(truncating x: Double) {
    if x.isNaN {
      self = 0
    } else {
      self = x >= 0x1p63 ? .max : x < -0x1p63 ? .min : Int64(x)
    }
  }
}

extension UInt64 {
  /// Towards zero; negative numbers keep the bits of the signed integer.
  fileprivate init(truncating x: Double) {
    if x >= 0x1p64 {
      self = .max
    } else {
      self = x >= 0x1p63 ? UInt64(x) : UInt64(bitPattern: Int64(truncating: x))
    }
  }
}
