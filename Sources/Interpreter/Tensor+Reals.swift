import Diagnostics
import Foundation
import QuantMath
import Tensors

extension Tensor {
  /// The elements as f32; `nil` for integers, booleans and f64.
  var narrowFloats: [Float]? {
    switch element {
    case .f32: floats
    case .f16: elements(UInt16.self).map { HalfConversion.float(fromF16: $0) }
    case .bf16: elements(UInt16.self).map { HalfConversion.float(fromBF16: $0) }
    case .f8e4m3, .f8e5m2:
      elements(UInt8.self).map { Float8Conversion.float($0, from: element) }
    case .f64, .i8, .u8, .i16, .u16, .i32, .u32, .i64, .u64, .i4, .u4, .bool: nil
    }
  }

  /// The elements as f32, rounded if they are f64.
  ///
  /// - Throws: `QC2004` for integers and booleans.
  func asFloats() throws(Diagnostic) -> [Float] {
    if let narrowFloats { return narrowFloats }
    guard element == .f64 else {
      throw Diagnostic(.unsupportedElementType, "\(element.rawValue) where a float type is needed")
    }
    return elements(Double.self).map { Float($0) }
  }

  /// The elements as fp64: exact but for 64-bit integers beyond 2⁵³.
  var doubles: [Double] {
    if element == .f64 { return elements(Double.self) }
    if element == .u64 { return elements(UInt64.self).map { Double($0) } }
    if let narrowFloats { return narrowFloats.map { Double($0) } }
    return (integers ?? []).map { Double($0) }
  }

  /// A tensor of a float type from f32 numbers, each rounded half to even.
  static func rounding(
    _ values: [Float], to element: ElementType, _ shape: Shape
  ) throws(Diagnostic) -> Tensor {
    element == .f32
      ? try Tensor(.f32, shape, values)
      : try rounding(values.map { Double($0) }, to: element, shape)
  }

  /// A tensor of a float type from fp64 numbers, each rounded half to even.
  static func rounding(
    _ values: [Double], to element: ElementType, _ shape: Shape, saturates: Bool = true
  ) throws(Diagnostic) -> Tensor {
    switch element {
    case .f64: return try Tensor(element, shape, values)
    case .f32: return try Tensor(element, shape, values.map { Float($0) })
    case .f16: return try Tensor(element, shape, values.map { HalfConversion.f16($0) })
    case .bf16: return try Tensor(element, shape, values.map { HalfConversion.bf16($0) })
    case .f8e4m3, .f8e5m2:
      return try Tensor(
        element, shape,
        values.map { Float8Conversion.bits($0, to: element, saturates: saturates) })
    case .i8, .u8, .i16, .u16, .i32, .u32, .i64, .u64, .i4, .u4, .bool:
      throw Diagnostic(.elementTypeMismatch, "\(element.rawValue) is no float type")
    }
  }

  /// The bytes as an array.
  var byteArray: [UInt8] { [UInt8](bytes) }

  /// A tensor from its bytes.
  static func of(
    _ element: ElementType, _ shape: Shape, bytes: [UInt8]
  ) throws(Diagnostic) -> Tensor {
    try Tensor(element, shape, bytes: Data(bytes))
  }
}
