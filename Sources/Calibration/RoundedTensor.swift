// Unsafe pointers: the C functions read two tensors of one shape and write as many floats as they read;
// no pointer leaves its closure.
import CReference
import Foundation
import QuantMath
import Tensors

/// A tensor as 8-bit integers over its own range would hold it.
struct RoundedTensor {
  let tensor: Tensor
  /// Of the rounding, above 0.
  let meanSquaredError: Double

  /// Fails for a tensor that is not finite, or that rounding does not change.
  init?(_ exact: Tensor) {
    let rounded = exact.withFloats { values -> [Float]? in
      var extent = qc_calibration_extent()
      qc_calibration_measure(values.baseAddress, values.count, &extent)
      guard extent.finite_count == UInt64(values.count), extent.finite_count > extent.zero_count,
        let params = try? QuantParams.covering((extent.min, extent.max), bounds: 0...255)
      else { return nil }
      let low = -Float(params.zeroPoint)
      return [Float](unsafeUninitializedCapacity: values.count) { rounded, count in
        qc_calibration_round(
          values.baseAddress, values.count, params.scale, low, low + 255, rounded.baseAddress)
        count = values.count
      }
    }
    guard let rounded, let tensor = try? Tensor.floats(rounded, exact.shape.dims) else {
      return nil
    }
    let error = exact.squares(comparedWith: tensor).error / Double(rounded.count)
    guard error > 0, error.isFinite else { return nil }
    self.tensor = tensor
    meanSquaredError = error
  }
}

extension Tensor {
  /// Sums over a float32 tensor and another one of its shape.
  func squares(comparedWith other: Tensor) -> qc_calibration_squares {
    withFloats { values in
      other.withFloats { changed in
        qc_calibration_compare(values.baseAddress, changed.baseAddress, values.count)
      }
    }
  }
}
