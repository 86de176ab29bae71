import Diagnostics
import Foundation
import GraphIR
import Tensors
import Testing

@testable import ONNXFrontend

@Suite("tensors")
struct TensorDecoderTests {
  private func decoded(_ proto: Onnx_TensorProto) throws -> Tensor {
    var decoder = TensorDecoder(folder: nil)
    return try decoder.tensor(proto)
  }

  private func proto(
    _ element: ElementType, _ dims: [Int64], _ set: (inout Onnx_TensorProto) -> Void
  ) -> Onnx_TensorProto {
    var proto = Onnx_TensorProto()
    proto.name = "w"
    proto.dims = dims
    proto.dataType = Int32(element.onnxType.rawValue)
    set(&proto)
    return proto
  }

  @Test(arguments: ElementType.allCases)
  func `raw data is taken as it is`(element: ElementType) throws {
    let bytes = Data((0..<element.byteCount(of: 3)).map { UInt8($0 & 1) })
    let tensor = try decoded(proto(element, [3]) { $0.rawData = bytes })
    #expect(tensor.element == element)
    #expect(tensor.bytes == bytes)
  }

  @Test func `typed data is read`() throws {
    #expect(try decoded(proto(.f32, [2]) { $0.floatData = [1, -2] }).floats == [1, -2])
    #expect(
      try decoded(proto(.f64, [1]) { $0.doubleData = [0.5] }).elements(Double.self) == [0.5])
    #expect(try decoded(proto(.i64, [1]) { $0.int64Data = [-3] }).integers == [-3])
    #expect(try decoded(proto(.u64, [1]) { $0.uint64Data = [3] }).integers == [3])
    let large: Int64 = 4_000_000_000
    #expect(try decoded(proto(.u32, [1]) { $0.uint64Data = [UInt64(large)] }).integers == [large])
    for element in [ElementType.i8, .i16, .i32] {
      #expect(try decoded(proto(element, [2]) { $0.int32Data = [-3, 5] }).integers == [-3, 5])
    }
    for element in [ElementType.u8, .u16, .bool] {
      #expect(try decoded(proto(element, [2]) { $0.int32Data = [0, 1] }).integers == [0, 1])
    }
    #expect(
      try decoded(proto(.f16, [1]) { $0.int32Data = [0x3c00] }).realValues == [1])
    #expect(
      try decoded(proto(.bf16, [1]) { $0.int32Data = [0xc000] }).realValues == [-2])
    #expect(try decoded(proto(.i4, [3]) { $0.int32Data = [0x8f, 0x07] }).integers == [-1, -8, 7])
    #expect(try decoded(proto(.u4, [2]) { $0.int32Data = [0x8f] }).integers == [15, 8])
  }

  @Test(
    arguments: [
      (0x0001, 0x1p-24), (0x0400, 0x1p-14), (0x7bff, 65504), (0x8000, -0.0),
      (0xfc00, -Float.infinity),
    ] as [(Int32, Float)])
  func `halves are widened exactly`(half: (bits: Int32, value: Float)) throws {
    let tensor = try decoded(proto(.f16, [1]) { $0.int32Data = [half.bits] })
    #expect(tensor.realValues?.first?.bitPattern == half.value.bitPattern)
  }

  @Test func `data that does not fit is refused`() throws {
    let wrong: [(Onnx_TensorProto, DiagnosticCode)] = [
      (proto(.f32, [2]) { $0.floatData = [1] }, .malformedModel),
      (proto(.f32, [2]) { $0.rawData = Data(count: 7) }, .malformedModel),
      (proto(.f32, [2]) { _ in }, .malformedModel),
      (proto(.i4, [3]) { $0.rawData = Data(count: 1) }, .malformedModel),
      (proto(.u8, [1]) { $0.int32Data = [256] }, .malformedModel),
      (proto(.i8, [1]) { $0.int32Data = [-129] }, .malformedModel),
      (proto(.u16, [1]) { $0.int32Data = [-1] }, .malformedModel),
      (proto(.f32, [-1]) { $0.floatData = [1] }, .shapeMismatch),
      (proto(.f32, [1 << 31, 1 << 31]) { $0.floatData = [1] }, .shapeOverflow),
      (proto(.f32, [Int64.max, Int64.max]) { $0.floatData = [1] }, .shapeOverflow),
      (proto(.f32, [Int64](repeating: 1, count: 99)) { $0.floatData = [1] }, .shapeOverflow),
      (
        proto(.f32, [1]) {
          $0.floatData = [1]
          $0.rawData = Data(count: 4)
        }, .malformedModel
      ),
      (proto(.f32, [1]) { $0.dataType = 8 }, .unsupportedElementType),
      (proto(.f32, [1]) { $0.dataType = 0 }, .malformedModel),
      (proto(.f32, [1]) { $0.dataType = -5 }, .malformedModel),
      (proto(.f32, [1]) { $0.segment.begin = 1 }, .malformedModel),
    ]
    for (proto, code) in wrong {
      let error = #expect(throws: Diagnostic.self) { try decoded(proto) }
      #expect(error?.code == code, "\(proto)")
      #expect(error?.location == "tensor 'w'")
    }
  }
}
