import CReference
import Diagnostics
import GraphIR
import QuantMath
import Tensors

/// What an integer op does with its sums, seen as `[outer, channels, inner]`.
struct EpilogueStore {
  let epilogue: Epilogue
  let type: TensorType
  let outer: Int
  let channels: Int
  let inner: Int

  init(_ epilogue: Epilogue, _ type: TensorType, outer: Int, channels: Int, inner: Int) {
    self.epilogue = epilogue
    self.type = type
    self.outer = outer
    self.channels = channels
    self.inner = inner
  }

  /// Stores sums in units of `lhsScale * rhsScale`; one `rhsScale`, or one for each channel.
  func stored(
    _ acc: [Int32], lhsScale: Float, rhsScales: [Float], residual: Operand?
  ) throws(Diagnostic) -> Tensor {
    var multipliers: [Float] = []
    for rhsScale in rhsScales {
      if let step {
        multipliers.append(
          try Multiplier.product(lhsScale: lhsScale, rhsScale: rhsScale, outputScale: step))
      } else {
        multipliers.append(try Multiplier.floatResult(lhsScale: lhsScale, rhsScale: rhsScale))
      }
    }
    if multipliers.count == 1 {
      multipliers = [Float](repeating: multipliers[0], count: channels)
    }
    guard multipliers.count == channels else {
      throw Diagnostic(
        .invalidQuantization, "\(multipliers.count) weight scales for \(channels) channels")
    }
    return try stored(acc, multipliers: multipliers, residual: residual)
  }

  /// Stores sums with one multiplier for each channel.
  func stored(
    _ acc: [Int32], multipliers: [Float], residual: Operand?
  ) throws(Diagnostic) -> Tensor {
    guard let residual else { return try stored(acc, multipliers, qr_residual(), nil) }
    let params = try residual.perTensorParams()
    let integers = try residual.tensor.widened()
    guard integers.count == acc.count else {
      throw Diagnostic(
        .shapeMismatch, "the residual is [\(residual.shape)], the result [\(type.shape)]")
    }
    let description = qr_residual(
      values: nil, zero_point: params.zeroPoint, multiplier: try rescale(params.scale))
    return try stored(acc, multipliers, description, integers)
  }

  private func stored(
    _ acc: [Int32], _ multipliers: [Float], _ residual: qr_residual, _ added: [Int32]?
  ) throws(Diagnostic) -> Tensor {
    let sizes = (Int64(outer), Int64(channels), Int64(inner))
    if let activation = epilogue.activation {
      var x = [Float](repeating: 0, count: acc.count)
      withResidual(residual, added) {
        qr_scale_to_f32(sizes.0, sizes.1, sizes.2, acc, multipliers, $0, .nan, .nan, &x)
      }
      return try stored(activation, of: x)
    }
    switch epilogue.result {
    case .quantized(let element, let params):
      let store = try self.store(element, params)
      var q = [Int32](repeating: 0, count: acc.count)
      withResidual(residual, added) {
        qr_requantize(sizes.0, sizes.1, sizes.2, acc, multipliers, $0, store, &q)
      }
      return try Tensor.narrowing(q, to: element, type.shape)
    case .float:
      var y = [Float](repeating: 0, count: acc.count)
      withResidual(residual, added) {
        qr_scale_to_f32(
          sizes.0, sizes.1, sizes.2, acc, multipliers, $0, epilogue.clamp.lower ?? .nan,
          epilogue.clamp.upper ?? .nan, &y)
      }
      return try Tensor(.f32, type.shape, y)
    }
  }

  /// Stores a function of real values.
  private func stored(_ activation: UnaryFunction, of x: [Float]) throws(Diagnostic) -> Tensor {
    var constants = qr_constants.reference
    let code = activation.code
    var y = [Float](repeating: 0, count: x.count)
    qr_unary_f32(&constants, code.0, code.alpha, code.beta, Int64(x.count), x, &y)
    guard case .quantized(_, let params) = epilogue.result else {
      return try Tensor(.f32, type.shape, y)
    }
    let inverse = Multiplier.inverse(params.scale)
    return try stored(steps: y.map { $0 * inverse })
  }

  /// The step of the result that sums are scaled to; `nil` when they are scaled to real values.
  private var step: Float? {
    guard epilogue.activation == nil, case .quantized(_, let params) = epilogue.result else {
      return nil
    }
    return params.scale
  }

  /// The pointer lives while `values` do, which is for the whole call.
  private func withResidual(
    _ residual: qr_residual, _ values: [Int32]?, _ body: (qr_residual) -> Void
  ) {
    guard let values else { return body(residual) }
    values.withUnsafeBufferPointer {
      body(
        qr_residual(
          values: $0.baseAddress, zero_point: residual.zero_point, multiplier: residual.multiplier))
    }
  }

  /// Stores values in units of the result's step, or real numbers for a float result.
  func stored(steps t: [Float]) throws(Diagnostic) -> Tensor {
    switch epilogue.result {
    case .quantized(let element, let params):
      var q = [Int32](repeating: 0, count: t.count)
      qr_store_steps(Int64(t.count), t, try store(element, params), &q)
      return try Tensor.narrowing(q, to: element, type.shape)
    case .float:
      var constants = qr_constants.reference
      var y = [Float](repeating: 0, count: t.count)
      qr_unary_f32(
        &constants, QR_CLIP, epilogue.clamp.lower ?? .nan, epilogue.clamp.upper ?? .nan,
        Int64(t.count), t, &y)
      return try Tensor(.f32, type.shape, y)
    }
  }

  /// The multiplier of an operand of a sum, or of a residual.
  func rescale(_ inputScale: Float) throws(Diagnostic) -> Float {
    guard let step else { return inputScale }
    return try Multiplier.rescale(inputScale: inputScale, outputScale: step)
  }

  /// The multiplier of a window's sum.
  func average(_ inputScale: Float, count: Int) throws(Diagnostic) -> Float {
    switch epilogue.result {
    case .quantized(_, let params):
      try Multiplier.average(inputScale: inputScale, outputScale: params.scale, count: count)
    case .float: try Multiplier.floatAverage(inputScale: inputScale, count: count)
    }
  }

  private func store(
    _ element: ElementType, _ params: QuantParams
  ) throws(Diagnostic) -> qr_store {
    guard type.isActivation, let bounds = element.storageBounds else {
      throw Diagnostic(.unsupportedElementType, "\(element.rawValue) as the result of a q op")
    }
    let clamp = clampBounds(
      lower: epilogue.clamp.lower, upper: epilogue.clamp.upper, scale: params.scale,
      zeroPoint: params.zeroPoint, bounds: bounds)
    return qr_store(
      zero_point: params.zeroPoint, low: clamp.lowerBound, high: clamp.upperBound)
  }
}
