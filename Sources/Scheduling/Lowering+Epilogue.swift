import Diagnostics
import GraphIR
import KernelIR
import QuantMath
import Tensors

extension Lowering {
  /// A residual as it is stored.
  struct ResidualOperand {
    let type: TensorType
    let geometry: ImageGeometry
  }

  /// Integer weights and the scale of each column.
  struct QuantizedConstant {
    let values: [Int8]
    let params: QuantParams

    /// One scale for each of `count` columns.
    func scales(count: Int) -> [Float] {
      params.isPerTensor ? [Float](repeating: params.scale, count: count) : params.scales
    }
  }

  func quantizedWeights(
    _ id: ValueID, channelAxis: Int
  ) throws(Diagnostic) -> QuantizedConstant {
    guard let tensor = graph.constant(id), let params = graph.quantization(of: id) else {
      throw Diagnostic(
        .unsupportedKernel, "quantized weights that are computed at run time", at: location(id))
    }
    return QuantizedConstant(values: tensor.elements(Int8.self), params: params)
  }

  func biasValues(_ id: ValueID) throws(Diagnostic) -> [Int32] {
    guard let tensor = graph.constant(id) else {
      throw Diagnostic(
        .unsupportedKernel, "a bias that is computed at run time", at: location(id))
    }
    return tensor.elements(Int32.self)
  }

  /// The epilogue of the graph in the terms of the kernels: multipliers and stored bounds.
  func epilogue(
    _ epilogue: GraphIR.Epilogue, inputScale: Float, weightScales: [Float],
    residual: ResidualOperand?
  ) throws(Diagnostic) -> KernelIR.Epilogue {
    let activation = activation(of: epilogue)
    var multipliers: [Float] = []
    for scale in weightScales {
      if activation == nil, case .quantized(_, let params) = epilogue.result {
        multipliers.append(
          try Multiplier.product(
            lhsScale: inputScale, rhsScale: scale, outputScale: params.scale))
      } else {
        multipliers.append(try Multiplier.floatResult(lhsScale: inputScale, rhsScale: scale))
      }
    }
    let added = try residual.map { (operand) throws(Diagnostic) in
      var multiplier = operand.type.quantization?.scale ?? 1
      if activation == nil, case .quantized(_, let params) = epilogue.result {
        multiplier = try Multiplier.rescale(inputScale: multiplier, outputScale: params.scale)
      }
      return KernelIR.Epilogue.Residual(
        geometry: operand.geometry, zeroPoint: Lowering.storedZeroPoint(operand.type),
        multiplier: multiplier)
    }
    switch epilogue.result {
    case .float:
      return .float(
        scales: multipliers, bounds: floatBounds(epilogue.clamp), residual: added,
        activation: activation)
    case .quantized(let element, let params):
      let stored = storedParams(element, params)
      return .requantize(
        multipliers: multipliers, zeroPoint: stored.zeroPoint,
        bounds: storedBounds(epilogue.clamp, stored), residual: added, activation: activation)
    }
  }

  /// The activation in the terms of the kernels.
  private func activation(of epilogue: GraphIR.Epilogue) -> KernelIR.Epilogue.Activation? {
    var multiplier: Float = 1
    if case .quantized(_, let params) = epilogue.result {
      multiplier = Multiplier.inverse(params.scale)
    }
    switch epilogue.activation {
    case .leakyRelu(let alpha): return .init(.leakyRelu, alpha: alpha, multiplier: multiplier)
    case .hardSwish: return .init(.hardSwish, multiplier: multiplier)
    case .hardSigmoid(let alpha, let beta):
      return .init(.hardSigmoid, alpha: alpha, beta: beta, multiplier: multiplier)
    default: return nil
    }
  }

  /// Scale, zero point and bounds as storage in u8 or i16 has them.
  struct StoredParams {
    let scale: Float
    let zeroPoint: Int32
    let bounds: ClosedRange<Int32>
  }

  func storedParams(_ element: ElementType, _ params: QuantParams) -> StoredParams {
    StoredParams(
      scale: params.scale, zeroPoint: params.zeroPoint + (element == .i8 ? 128 : 0),
      bounds: Lowering.stored(element).storageBounds ?? 0...255)
  }

  /// The stored bounds of a real clamp.
  func storedBounds(_ clamp: ClampBounds, _ params: StoredParams) -> ClosedRange<Int32> {
    clampBounds(
      lower: clamp.lower, upper: clamp.upper, scale: params.scale, zeroPoint: params.zeroPoint,
      bounds: params.bounds)
  }

  func floatBounds(_ clamp: ClampBounds) -> ClosedRange<Float>? {
    guard !clamp.isNone else { return nil }
    let upper = clamp.upper ?? .infinity
    return min(clamp.lower ?? -.infinity, upper)...upper
  }
}
