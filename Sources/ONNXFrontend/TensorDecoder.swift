import Diagnostics
import Foundation
import Tensors

/// Reads `TensorProto`s: raw and typed data, and data in external files.
struct TensorDecoder {
  private(set) var external: ExternalData

  init(folder: String?) { external = ExternalData(folder: folder) }

  /// - Throws: `QC1002` when the data does not fit shape and type, `QC2004` for an element type
  ///   that is not read, `QC1014` for external data, `QC1001` or `QC1011` for the shape.
  mutating func tensor(_ proto: Onnx_TensorProto) throws(Diagnostic) -> Tensor {
    do throws(Diagnostic) {
      return try decode(proto)
    } catch {
      var located = error
      if located.location == nil { located.location = "tensor '\(proto.name)'" }
      throw located
    }
  }

  private mutating func decode(_ proto: Onnx_TensorProto) throws(Diagnostic) -> Tensor {
    let element = try ElementType(onnx: proto.dataType)
    let shape = try Shape(checked: proto.dims.map { Int($0) })
    guard !proto.hasSegment else {
      throw Diagnostic(.malformedModel, "a tensor in segments is not supported")
    }
    let typedCount =
      proto.floatData.count + proto.int32Data.count + proto.int64Data.count
      + proto.doubleData.count + proto.uint64Data.count + proto.stringData.count
    switch proto.dataLocation {
    case .external:
      guard typedCount == 0, proto.rawData.isEmpty else {
        throw Diagnostic(.malformedModel, "the tensor has its data both inside and outside")
      }
      let byteCount = element.byteCount(of: shape.elementCount)
      return try Tensor(
        element, shape, bytes: external.bytes(of: proto, byteCount: byteCount))
    case .default:
      break
    }
    guard proto.hasRawData else { return try Tensor(element, shape, bytes: typed(proto, element)) }
    guard typedCount == 0 else {
      throw Diagnostic(.malformedModel, "the tensor has both raw and typed data")
    }
    return try Tensor(element, shape, bytes: proto.rawData)
  }

  /// The typed fields as little-endian bytes.
  private func typed(
    _ proto: Onnx_TensorProto, _ element: ElementType
  ) throws(Diagnostic) -> Data {
    switch element {
    case .f32: return littleEndian(proto.floatData.map(\.bitPattern))
    case .f64: return littleEndian(proto.doubleData.map(\.bitPattern))
    case .i64: return littleEndian(proto.int64Data)
    case .u64: return littleEndian(proto.uint64Data)
    case .u32:
      return littleEndian(try narrow(proto.uint64Data, UInt32.self))
    case .i32: return littleEndian(proto.int32Data)
    case .i16: return littleEndian(try narrow(proto.int32Data, Int16.self))
    case .u16, .f16, .bf16: return littleEndian(try narrow(proto.int32Data, UInt16.self))
    case .i8: return littleEndian(try narrow(proto.int32Data, Int8.self))
    case .u8, .u4, .f8e4m3, .f8e5m2:
      return littleEndian(try narrow(proto.int32Data, UInt8.self))
    case .i4:
      return littleEndian(proto.int32Data.map { UInt8(truncatingIfNeeded: $0) })
    case .bool:
      return littleEndian(proto.int32Data.map { UInt8($0 == 0 ? 0 : 1) })
    }
  }

  private func narrow<Wide: FixedWidthInteger, Narrow: FixedWidthInteger>(
    _ values: [Wide], _ type: Narrow.Type
  ) throws(Diagnostic) -> [Narrow] {
    var result: [Narrow] = []
    result.reserveCapacity(values.count)
    for value in values {
      guard let narrow = Narrow(exactly: value) else {
        throw Diagnostic(.malformedModel, "the value \(value) does not fit \(Narrow.self)")
      }
      result.append(narrow)
    }
    return result
  }

  private func littleEndian<Value: FixedWidthInteger>(_ values: [Value]) -> Data {
    values.map(\.littleEndian).withUnsafeBytes { Data($0) }
  }
}
