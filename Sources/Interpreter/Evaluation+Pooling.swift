import CReference
import Diagnostics
import GraphIR
import Tensors

extension Evaluation {
  func pool(_ pooling: Pooling) throws(Diagnostic) -> Tensor {
    let x = operands[0].tensor
    var window = try pooling.geometry(x: x.shape, result: type.shape)
    let planes = Int64(x.shape[0] * x.shape[1])
    let count = type.shape.elementCount
    if pooling.kind == .average {
      var y = [Float](repeating: 0, count: count)
      qr_pool_average_f32(planes, &window, pooling.countIncludesPad, try x.asFloats(), &y)
      return try Tensor.rounding(y, to: x.element, type.shape)
    }
    switch x.element {
    case .f32, .f16, .bf16, .f8e4m3, .f8e5m2:
      var y = [Float](repeating: 0, count: count)
      qr_pool_max_f32(planes, &window, try x.asFloats(), &y)
      return try Tensor.rounding(y, to: x.element, type.shape)
    case .f64:
      var y = [Double](repeating: 0, count: count)
      qr_pool_max_f64(planes, &window, x.doubles, &y)
      return try Tensor(.f64, type.shape, y)
    case .u8, .bool:
      var y = [UInt8](repeating: 0, count: count)
      qr_pool_max_u8(planes, &window, x.byteArray, &y)
      return try Tensor(x.element, type.shape, y)
    case .i8:
      var y = [Int8](repeating: 0, count: count)
      qr_pool_max_i8(planes, &window, x.elements(Int8.self), &y)
      return try Tensor(.i8, type.shape, y)
    case .i16:
      var y = [Int16](repeating: 0, count: count)
      qr_pool_max_i16(planes, &window, x.elements(Int16.self), &y)
      return try Tensor(.i16, type.shape, y)
    case .u16, .i32, .u32, .i64, .u64, .i4, .u4:
      var y = [Int64](repeating: 0, count: count)
      qr_pool_max_i64(planes, &window, x.integers ?? [], &y)
      return try Tensor.integers(x.element, type.shape, y)
    }
  }
}
