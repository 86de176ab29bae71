// Unsafe pointers: each loop reads whole elements inside of the buffer that `withUnsafeBytes` gives.
import Diagnostics
import Foundation
import Tensors

/// Refuses initializers that no trained model has: NaN anywhere, and infinities in weights.
///
/// An infinity is legal elsewhere, in an attention mask for instance. Scales have a check of their
/// own (`QuantParams`).
struct WeightChecks {
  /// The initializers that are not finite, and whether they hold NaN.
  private var holdsNaN: [String: Bool] = [:]

  /// The ops whose constants are weights.
  private static let weightOps: Set<String> = [
    "Conv", "ConvTranspose", "Gemm", "MatMul", "BatchNormalization", "LayerNormalization",
    "RMSNormalization", "PRelu", "Gather", "QLinearConv", "QLinearMatMul",
  ]

  private static let quantizingOps: Set<String> = ["QuantizeLinear", "DequantizeLinear"]

  init(_ initializers: [String: Tensor]) {
    for (name, tensor) in initializers {
      guard let (largest, infinity) = WeightChecks.magnitude(tensor), largest >= infinity else {
        continue
      }
      holdsNaN[name] = largest > infinity
    }
  }

  /// - Throws: `QC1013` when the node reads an initializer that holds such a value.
  func check(_ node: Onnx_NodeProto) throws(Diagnostic) {
    guard !holdsNaN.isEmpty, !WeightChecks.quantizingOps.contains(node.opType) else { return }
    for name in node.input {
      guard let isNaN = holdsNaN[name],
        isNaN || WeightChecks.weightOps.contains(node.opType)
      else { continue }
      throw Diagnostic(
        .nonFiniteWeights, "the constant '\(name)' holds \(isNaN ? "NaN" : "an infinity")",
        hint: "did the training diverge, or was the file damaged?")
    }
  }

  /// The largest bit pattern without its sign, and the pattern of infinity; `nil` for integers.
  private static func magnitude(_ tensor: Tensor) -> (largest: UInt64, infinity: UInt64)? {
    switch tensor.element {
    case .f32: (UInt64(largestWord(tensor)), 0x7f80_0000)
    case .f64: (largest(tensor.elements(UInt64.self)), 0x7ff0_0000_0000_0000)
    case .f16: (largest(tensor.elements(UInt16.self)), 0x7c00)
    case .bf16: (largest(tensor.elements(UInt16.self)), 0x7f80)
    case .f8e5m2: (largest(tensor.elements(UInt8.self)), 0x7c)
    // The pattern 0x7f is NaN, and there is no infinity.
    case .f8e4m3: (largest(tensor.elements(UInt8.self)) << 1, 0xfd)
    case .i8, .u8, .i16, .u16, .i32, .u32, .i64, .u64, .i4, .u4, .bool: nil
    }
  }

  private static func largest<Bits: FixedWidthInteger & UnsignedInteger>(
    _ patterns: [Bits]
  ) -> UInt64 {
    var largest: Bits = 0
    for pattern in patterns { largest = max(largest, pattern & (Bits.max >> 1)) }
    return UInt64(largest)
  }

  /// The same of 32-bit patterns: most weights are of this type, so they are not copied.
  private static func largestWord(_ tensor: Tensor) -> UInt32 {
    tensor.bytes.withUnsafeBytes { buffer -> UInt32 in
      var largest: UInt32 = 0
      var offset = 0
      while offset &+ 4 <= buffer.count {
        let pattern = buffer.loadUnaligned(fromByteOffset: offset, as: UInt32.self) & 0x7fff_ffff
        if pattern > largest { largest = pattern }
        offset &+= 4
      }
      return largest
    }
  }
}
