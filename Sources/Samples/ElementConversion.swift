// Unsafe pointers: each output buffer is written completely by the closure that fills it, and the
// input pointers do not leave the call that lends them.
import Diagnostics
import Foundation
import Tensors

extension Tensor {
  /// The elements as float32, rounded half to even where the element type is wider.
  ///
  /// - Throws: `QC4002` for 8-bit floats and bfloat16, which no sample array can hold.
  package func convertedToFloats() throws(Diagnostic) -> [Float] {
    switch element {
    case .f32: floats
    case .f64: floats(from: Double.self) { Float($0) }
    case .f16: floats(from: Float16.self) { Float($0) }
    case .i8: floats(from: Int8.self) { Float($0) }
    case .u8, .bool: floats(from: UInt8.self) { Float($0) }
    case .i16: floats(from: Int16.self) { Float($0) }
    case .u16: floats(from: UInt16.self) { Float($0) }
    case .i32: floats(from: Int32.self) { Float($0) }
    case .u32: floats(from: UInt32.self) { Float($0) }
    case .i64: floats(from: Int64.self) { Float($0) }
    case .u64: floats(from: UInt64.self) { Float($0) }
    case .i4, .u4: (integers ?? []).map { Float($0) }
    case .bf16, .f8e4m3, .f8e5m2:
      throw Diagnostic(.wrongArray, "samples of type \(element.rawValue) are not converted")
    }
  }

  @inline(__always)
  private func floats<Source: BitwiseCopyable>(
    from type: Source.Type, _ convert: (Source) -> Float
  ) -> [Float] {
    let source = elements(type)
    return [Float](unsafeUninitializedCapacity: source.count) { target, count in
      source.withUnsafeBufferPointer { source in
        for index in 0..<source.count { target[index] = convert(source[index]) }
      }
      count = source.count
    }
  }

  /// The same values in another element type: to float32 rounded half to even, otherwise exact.
  ///
  /// - Throws: `QC4002` naming the first value that the type cannot hold.
  package func converted(to target: ElementType) throws(Diagnostic) -> Tensor {
    if target == element { return self }
    if target == .f32 { return try Tensor(.f32, shape, convertedToFloats()) }
    if let integers, element != .u64 { return try Tensor.exactly(integers, target, shape) }
    return try Tensor.exactly(doubles(), target, shape)
  }

  /// The elements of a float or `u64` tensor as float64.
  private func doubles() throws(Diagnostic) -> [Double] {
    switch element {
    case .f64: return elements(Double.self)
    case .u64:
      let values = elements(UInt64.self)
      if let wide = values.first(where: { UInt64(exactly: Double($0)) != $0 }) {
        throw Diagnostic(.wrongArray, "\(wide) is too large to be converted exactly")
      }
      return values.map { Double($0) }
    case .f32, .f16, .bf16, .f8e4m3, .f8e5m2, .i8, .u8, .i16, .u16, .i32, .u32, .i64, .i4, .u4,
      .bool:
      return try convertedToFloats().map { Double($0) }
    }
  }

  private static func exactly(
    _ values: [Int64], _ target: ElementType, _ shape: Shape
  ) throws(Diagnostic) -> Tensor {
    if target.isFloat {
      let doubles = values.map { Double($0) }
      if let index = values.indices.first(where: { Int64(exactly: doubles[$0]) != values[$0] }) {
        throw inexact(values[index].description, index, target)
      }
      return try exactly(doubles, target, shape)
    }
    let bounds = target == .bool ? 0...1 : target.integerBounds ?? 0...Int64.max
    if let index = values.firstIndex(where: { !bounds.contains($0) }) {
      throw inexact(values[index].description, index, target)
    }
    return try Tensor.integers(target, shape, values)
  }

  private static func exactly(
    _ values: [Double], _ target: ElementType, _ shape: Shape
  ) throws(Diagnostic) -> Tensor {
    switch target {
    case .f64: return try Tensor(.f64, shape, values)
    case .f32: return try Tensor(.f32, shape, values.map { Float($0) })
    case .f16:
      let halves = values.map { Float16($0) }
      if let index = values.indices.first(where: {
        Double(halves[$0]) != values[$0] && !values[$0].isNaN
      }) {
        throw inexact(values[index].description, index, target)
      }
      return try Tensor(.f16, shape, halves)
    case .i8, .u8, .i16, .u16, .i32, .u32, .i64, .u64, .i4, .u4, .bool:
      var integers: [Int64] = []
      integers.reserveCapacity(values.count)
      for (index, value) in values.enumerated() {
        guard let integer = Int64(exactly: value) else {
          throw inexact(value.description, index, target)
        }
        integers.append(integer)
      }
      return try exactly(integers, target, shape)
    case .bf16, .f8e4m3, .f8e5m2:
      throw Diagnostic(.wrongArray, "samples are not converted to \(target.rawValue)")
    }
  }

  private static func inexact(_ value: String, _ index: Int, _ target: ElementType) -> Diagnostic {
    Diagnostic(
      .wrongArray, "\(value), element \(index) of the sample, is no \(target.rawValue) value",
      hint: "convert the array yourself, so that the rounding is your choice")
  }
}
