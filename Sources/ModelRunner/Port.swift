import Diagnostics
import QuantcRuntime
import Tensors

/// A named tensor at the border of a compiled model, or a tapped value inside it.
package struct Port: Hashable, Sendable {
  package let name: String
  package let type: TensorType

  package init(name: String, type: TensorType) {
    self.name = name
    self.type = type
  }

  /// - Throws: `QC5001` for an element type or quantization that has no Swift counterpart.
  init(_ description: qc_tensor_type) throws(Diagnostic) {
    guard let element = ElementType(description.element) else {
      throw Diagnostic(.malformedPackage, "unknown element type \(description.element.rawValue)")
    }
    let rank = Int(description.rank)
    let extents = UnsafeBufferPointer(start: description.extents, count: rank)
    name = String(cString: description.name)
    type = TensorType(
      element, try Shape(extents.map(Int.init)), try Port.quantization(description))
  }

  private static func quantization(
    _ description: qc_tensor_type
  ) throws(Diagnostic) -> QuantParams? {
    let axis = Int(description.axis)
    let granularity: QuantParams.Granularity
    switch description.granularity {
    case QC_PER_TENSOR: granularity = .perTensor
    case QC_PER_CHANNEL: granularity = .perChannel(axis: axis)
    case QC_PER_GROUP:
      granularity = .perGroup(axis: axis, groupSize: Int(description.group_size))
    default: return nil
    }
    let count = Int(description.quant_count)
    let quants = UnsafeBufferPointer(start: description.quants, count: count)
    return try QuantParams(
      granularity, scales: quants.map(\.scale), zeroPoints: quants.map(\.zero_point))
  }
}

extension ElementType {
  /// The element type of that number in the package format.
  init?(_ number: qc_element_type) {
    switch number {
    case QC_F32: self = .f32
    case QC_F64: self = .f64
    case QC_F16: self = .f16
    case QC_BF16: self = .bf16
    case QC_I8: self = .i8
    case QC_U8: self = .u8
    case QC_I16: self = .i16
    case QC_U16: self = .u16
    case QC_I32: self = .i32
    case QC_U32: self = .u32
    case QC_I64: self = .i64
    case QC_U64: self = .u64
    case QC_I4: self = .i4
    case QC_U4: self = .u4
    case QC_BOOL: self = .bool
    case QC_F8E4M3: self = .f8e4m3
    case QC_F8E5M2: self = .f8e5m2
    default: return nil
    }
  }
}
