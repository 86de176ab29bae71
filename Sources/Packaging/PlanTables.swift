import QuantcRuntime
import Tensors

/// The shared tables of a plan: texts, numbers and scales that its records refer to.
struct PlanTables {
  private(set) var texts = ByteWriter()
  private(set) var numbers: [Int64] = []
  private(set) var quants: [qc_quant] = []
  private var offsets: [String: UInt32] = [:]

  /// The byte offset of `text`; equal texts are kept once. A zero byte inside ends it.
  mutating func text(_ text: String) -> UInt32 {
    if let offset = offsets[text] { return offset }
    let offset = UInt32(texts.bytes.count)
    texts.append(text.utf8.prefix { $0 != 0 } + [0])
    offsets[text] = offset
    return offset
  }

  /// The index of the first of `values`.
  mutating func numbers(_ values: [Int]) -> UInt32 {
    let first = UInt32(numbers.count)
    numbers += values.map(Int64.init)
    return first
  }

  /// The record of a named type.
  mutating func type(_ name: String, _ type: TensorType) -> qc_plan_type {
    var record = qc_plan_type()
    record.name = text(name)
    record.element = type.element.formatNumber.rawValue
    record.rank = UInt32(type.shape.rank)
    record.first_extent = numbers(type.shape.dims)
    record.byte_count = UInt64(type.byteCount)
    record.first_quant = UInt32(quants.count)
    guard let quantization = type.quantization else { return record }
    switch quantization.granularity {
    case .perTensor:
      record.granularity = QC_PER_TENSOR.rawValue
    case .perChannel(let axis):
      record.granularity = QC_PER_CHANNEL.rawValue
      record.axis = UInt32(axis)
    case .perGroup(let axis, let groupSize):
      record.granularity = QC_PER_GROUP.rawValue
      record.axis = UInt32(axis)
      record.group_size = UInt32(groupSize)
    }
    record.quant_count = UInt32(quantization.scales.count)
    quants += zip(quantization.scales, quantization.zeroPoints).map {
      qc_quant(scale: $0, zero_point: $1)
    }
    return record
  }
}

extension ElementType {
  /// The type's number in the package format.
  var formatNumber: qc_element_type {
    switch self {
    case .f32: QC_F32
    case .f64: QC_F64
    case .f16: QC_F16
    case .bf16: QC_BF16
    case .i8: QC_I8
    case .u8: QC_U8
    case .i16: QC_I16
    case .u16: QC_U16
    case .i32: QC_I32
    case .u32: QC_U32
    case .i64: QC_I64
    case .u64: QC_U64
    case .i4: QC_I4
    case .u4: QC_U4
    case .bool: QC_BOOL
    case .f8e4m3: QC_F8E4M3
    case .f8e5m2: QC_F8E5M2
    }
  }
}
