import Foundation
import ONNXFrontend
import Tensors

/// Compares results by ONNX's rule: equal types and shapes, integers and 8-bit floats equal, other
/// floats within `1e-5 + 1e-3 * |expected|`, NaN where NaN is expected.
enum Comparison {
  private static let relativeTolerance: Float = 1e-3
  private static let absoluteTolerance: Float = 1e-5

  /// What differs; `nil` when nothing does.
  static func difference(_ result: Tensor, _ expected: Tensor) -> String? {
    guard result.element == expected.element, result.shape == expected.shape else {
      return """
        [\(result.shape)] \(result.element.rawValue), \
        not [\(expected.shape)] \(expected.element.rawValue)
        """
    }
    guard expected.element.isFloat, let wanted = expected.realValues, let got = result.realValues
    else {
      let codes = zip(result.bytes, expected.bytes)
      let areEqual = codes.allSatisfy { code, wanted in
        code == wanted || (isNaN(code, result.element) && isNaN(wanted, result.element))
      }
      return areEqual ? nil : "other codes than expected"
    }
    for (index, (a, b)) in zip(got, wanted).enumerated() {
      if a == b || (a.isNaN && b.isNaN) { continue }
      let bound = absoluteTolerance + relativeTolerance * abs(b)
      guard abs(a - b) <= bound else { return "element \(index) is \(a), not \(b)" }
    }
    return nil
  }

  /// Whether the code of an 8-bit float is one of NaN.
  private static func isNaN(_ code: UInt8, _ element: ElementType) -> Bool {
    switch element {
    case .f8e4m3: code & 0x7f == 0x7f
    case .f8e5m2: code & 0x7f > 0x7c
    default: false
    }
  }
}
