import Diagnostics
import Foundation
import GraphIR
import Tensors

/// Refuses constants that no trained model has: NaN anywhere, and infinities in weights.
///
/// An infinity is legal elsewhere, in an attention mask for instance. Scales have a check of their
/// own (`QuantParams`).
struct WeightChecks {
  private var found: [ValueID: Finding] = [:]

  private enum Finding { case finite, infinite, notANumber }

  /// The ops whose constants are weights.
  private static let weightOps: Set<String> = [
    "Conv", "Gemm", "MatMul", "BatchNormalization", "LayerNormalization", "RMSNormalization",
    "PRelu", "Gather", "QLinearConv", "QLinearMatMul",
  ]

  private static let quantizingOps: Set<String> = ["QuantizeLinear", "DequantizeLinear"]

  /// - Throws: `QC1013` when `id` is a constant that holds such a value.
  mutating func check(
    _ id: ValueID, name: String, of op: String, in graph: Graph
  ) throws(Diagnostic) {
    guard let tensor = graph.constant(id), !WeightChecks.quantizingOps.contains(op) else { return }
    let finding = found[id] ?? WeightChecks.scan(tensor)
    found[id] = finding
    switch finding {
    case .finite: return
    case .infinite where !WeightChecks.weightOps.contains(op): return
    case .infinite, .notANumber:
      throw Diagnostic(
        .nonFiniteWeights,
        "the constant '\(name)' holds \(finding == .infinite ? "an infinity" : "NaN")",
        hint: "did the training diverge, or was the file damaged?")
    }
  }

  private static func scan(_ tensor: Tensor) -> Finding {
    switch tensor.element {
    case .f32: scan(tensor.elements(UInt32.self), infinity: 0x7f80_0000)
    case .f64: scan(tensor.elements(UInt64.self), infinity: 0x7ff0_0000_0000_0000)
    case .f16: scan(tensor.elements(UInt16.self), infinity: 0x7c00)
    case .bf16: scan(tensor.elements(UInt16.self), infinity: 0x7f80)
    case .f8e5m2: scan(tensor.elements(UInt8.self), infinity: 0x7c)
    case .f8e4m3:
      tensor.elements(UInt8.self).contains { $0 & 0x7f == 0x7f } ? .notANumber : .finite
    case .i8, .u8, .i16, .u16, .i32, .u32, .i64, .u64, .i4, .u4, .bool: .finite
    }
  }

  /// What patterns without their sign hold, where `infinity` is the one of infinity.
  private static func scan<Bits: FixedWidthInteger & UnsignedInteger>(
    _ patterns: [Bits], infinity: Bits
  ) -> Finding {
    let magnitude = Bits.max >> 1
    var largest: Bits = 0
    for pattern in patterns { largest = max(largest, pattern & magnitude) }
    return largest > infinity ? .notANumber : largest == infinity ? .infinite : .finite
  }
}
