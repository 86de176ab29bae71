import Diagnostics
import Tensors

extension ElementType {
  /// The element type with a number of ONNX `TensorProto.DataType`.
  ///
  /// - Throws: `QC2004` for the types that are not read, `QC1002` for a number that names none.
  init(onnx number: Int32) throws(Diagnostic) {
    guard let type = Onnx_TensorProto.DataType(rawValue: Int(number)), type != .undefined else {
      if (1...64).contains(number) { throw ElementType.unsupported("number \(number)") }
      throw Diagnostic(.malformedModel, "\(number) is not the number of an element type")
    }
    switch type {
    case .float: self = .f32
    case .double: self = .f64
    case .float16: self = .f16
    case .bfloat16: self = .bf16
    case .int8: self = .i8
    case .uint8: self = .u8
    case .int16: self = .i16
    case .uint16: self = .u16
    case .int32: self = .i32
    case .uint32: self = .u32
    case .int64: self = .i64
    case .uint64: self = .u64
    case .int4: self = .i4
    case .uint4: self = .u4
    case .bool: self = .bool
    case .float8E4M3Fn: self = .f8e4m3
    case .float8E5M2: self = .f8e5m2
    default: throw ElementType.unsupported("\(type)")
    }
  }

  /// The number in ONNX `TensorProto.DataType`.
  var onnxType: Onnx_TensorProto.DataType {
    switch self {
    case .f32: .float
    case .f64: .double
    case .f16: .float16
    case .bf16: .bfloat16
    case .i8: .int8
    case .u8: .uint8
    case .i16: .int16
    case .u16: .uint16
    case .i32: .int32
    case .u32: .uint32
    case .i64: .int64
    case .u64: .uint64
    case .i4: .int4
    case .u4: .uint4
    case .bool: .bool
    case .f8e4m3: .float8E4M3Fn
    case .f8e5m2: .float8E5M2
    }
  }

  private static func unsupported(_ name: String) -> Diagnostic {
    Diagnostic(
      .unsupportedElementType, "the element type \(name) is not supported",
      hint: "supported are \(allCases.map(\.rawValue).joined(separator: ", "))")
  }
}
