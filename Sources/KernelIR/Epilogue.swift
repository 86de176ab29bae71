import Tensors

/// What happens between the int32 sums of a convolution and the store. Bias and input zero point
/// are not here: they are in the start values of the sums.
package enum Epilogue: Hashable, Sendable {
  /// `clamp(rne(float(acc) * multiplier[c]) + zeroPoint)`; with a residual the rounded value is
  /// `fma(float(r - residual.zeroPoint), residual.multiplier, float(acc) * multiplier[c])`. With an
  /// activation the multipliers give real values, and its result is rounded.
  case requantize(
    multipliers: [Float], zeroPoint: Int32, bounds: ClosedRange<Int32>, residual: Residual?,
    activation: Activation? = nil)
  /// `clamp(float(acc) * scale[c])`, an f32 result, or the activation of it; with a residual
  /// `fma(float(r - residual.zeroPoint), residual.multiplier, float(acc) * scale[c])` of it.
  case float(
    scales: [Float], bounds: ClosedRange<Float>?, residual: Residual? = nil,
    activation: Activation? = nil)

  /// A function of the real value that is computed before the store.
  package struct Activation: Hashable, Sendable {
    /// A function of one element that ``joinsEpilogues``.
    package let function: MapFunction
    /// The function's constants.
    package let alpha: Float
    package let beta: Float
    /// From real values to the result's steps; 1 for a float result.
    package let multiplier: Float

    package init(_ function: MapFunction, alpha: Float = 0, beta: Float = 0, multiplier: Float) {
      precondition(function.joinsEpilogues, "\(function.rawValue) in an epilogue")
      self.function = function
      self.alpha = alpha
      self.beta = beta
      self.multiplier = multiplier
    }
  }

  /// A u8 or i16 operand of the result's shape that is added before rounding.
  package struct Residual: Hashable, Sendable {
    package let geometry: ImageGeometry
    package let zeroPoint: Int32
    /// Its scale over the result's; its scale alone, where the result is float or an activation
    /// comes before the rounding.
    package let multiplier: Float

    package init(geometry: ImageGeometry, zeroPoint: Int32, multiplier: Float) {
      self.geometry = geometry
      self.zeroPoint = zeroPoint
      self.multiplier = multiplier
    }
  }

  /// The factor of each column.
  package var factors: [Float] {
    switch self {
    case .requantize(let multipliers, _, _, _, _): multipliers
    case .float(let scales, _, _, _): scales
    }
  }

  package var residual: Residual? {
    switch self {
    case .requantize(_, _, _, let residual, _), .float(_, _, let residual, _): residual
    }
  }

  package var activation: Activation? {
    switch self {
    case .requantize(_, _, _, _, let activation), .float(_, _, _, let activation): activation
    }
  }
}

extension Epilogue {
  /// The record fields that every kernel with this epilogue has.
  package static let fields: [ArgumentLayout.Field] =
    ArgumentLayout.Field.image("residual") + [
      .init("residual_zero_point", .i32, "subtracted from a residual byte"),
      .init("residual_multiplier", .f32, "residual scale / result scale"),
      .init("zero_point", .i32, "of the result, added after rounding"),
      .init("qmin", .i32, "smallest stored result"),
      .init("qmax", .i32, "largest stored result"),
      .init("low", .f32, "smallest f32 result"),
      .init("high", .f32, "largest f32 result"),
      .init("alpha", .f32, "first constant of the activation"),
      .init("beta", .f32, "second constant of the activation"),
      .init("activation_multiplier", .f32, "1 / result scale, after an activation"),
    ]

  /// The values of ``fields``; what a kind of epilogue does not read is 0.
  package var arguments: ArgumentLayout.Values {
    let shared: ArgumentLayout.Values = [
      "residual_zero_point": .i32(residual?.zeroPoint ?? 0),
      "residual_multiplier": .f32(residual?.multiplier ?? 0),
      "alpha": .f32(activation?.alpha ?? 0), "beta": .f32(activation?.beta ?? 0),
      "activation_multiplier": .f32(activation?.multiplier ?? 1),
    ]
    switch self {
    case .requantize(_, let zeroPoint, let bounds, _, _):
      let values: ArgumentLayout.Values = [
        "zero_point": .i32(zeroPoint), "qmin": .i32(bounds.lowerBound),
        "qmax": .i32(bounds.upperBound), "low": .f32(0), "high": .f32(0),
      ]
      return values + residualArguments + shared
    case .float(_, let bounds, _, _):
      let values: ArgumentLayout.Values = [
        "zero_point": .i32(0), "qmin": .i32(0), "qmax": .i32(0),
        "low": .f32(bounds?.lowerBound ?? 0),
        "high": .f32(bounds?.upperBound ?? 0),
      ]
      return values + residualArguments + shared
    }
  }

  private var residualArguments: ArgumentLayout.Values {
    residual?.geometry.arguments("residual") ?? [
      "residual_origin": .u32(0), "residual_image_pitch": .u32(0), "residual_row_pitch": .u32(0),
      "residual_pixel_pitch": .u32(0),
    ]
  }

  /// What holds a requantized value within its bounds.
  package enum Clamp: Int, Hashable, Sendable {
    /// Saturation to the result's type, whose bounds hold: every value fits int32 before it is rounded.
    case saturation = 0
    /// The bounds, once the value is a byte: every value fits int32 before it is rounded.
    case bytes = 1
    /// The bounds, before the value is rounded: it may not fit int32.
    case values = 2
  }

  /// How the values of a requantizing epilogue are clamped, for any int32 sums.
  private func clamp(_ bounds: ClosedRange<Int32>) -> Clamp {
    let step: Double = residual?.geometry.element == .i16 ? 65535 : 255
    var largest = 0x1p31 * Double(factors.max() ?? 0) + step * Double(residual?.multiplier ?? 0)
    if let activation { largest = activation.largest(within: largest) }
    guard largest <= 0x1p30 else { return .values }
    if bounds == 0...255 || bounds == -32768...32767 { return .saturation }
    return (0...255).contains(bounds.lowerBound) && bounds.upperBound <= 255 ? .bytes : .values
  }

  /// The parameters of a spec that the epilogue's code depends on.
  package var parameters: [KernelSpec.Parameter] {
    let kind = residual.map { $0.geometry.element == .i16 ? 2 : 1 } ?? 0
    let added = [KernelSpec.Parameter("residual", kind)]
    let function = activation.map { [KernelSpec.Parameter($0.function.rawValue, 1)] } ?? []
    switch self {
    case .requantize(_, let zeroPoint, let bounds, _, _):
      return added + [KernelSpec.Parameter("clamp", clamp(bounds).rawValue)]
        + (zeroPoint == 0 ? [KernelSpec.Parameter("unshifted", 1)] : []) + function
    case .float(_, let bounds, _, _):
      return added + [KernelSpec.Parameter("clamp", bounds == nil ? 0 : 1)] + function
    }
  }

  /// The epilogue over gapless rows, for a result that is flattened.
  package var flattened: Epilogue {
    let flat = residual.map {
      Residual(
        geometry: $0.geometry.flattened, zeroPoint: $0.zeroPoint, multiplier: $0.multiplier)
    }
    switch self {
    case .requantize(let multipliers, let zeroPoint, let bounds, _, let activation):
      return .requantize(
        multipliers: multipliers, zeroPoint: zeroPoint, bounds: bounds, residual: flat,
        activation: activation)
    case .float(let scales, let bounds, _, let activation):
      return .float(scales: scales, bounds: bounds, residual: flat, activation: activation)
    }
  }
}

extension Epilogue.Activation {
  /// A bound of the steps that values of at most this magnitude become.
  fileprivate func largest(within magnitude: Double) -> Double {
    max(magnitude, 1) * max(1, Double(alpha.magnitude)) * Double(multiplier)
  }
}

extension MapFunction {
  /// Whether the epilogue of an integer product can compute it.
  package var joinsEpilogues: Bool { [.leakyRelu, .hardSwish, .hardSigmoid].contains(self) }
}

extension KernelSpec {
  /// The type of the residual of the epilogue that the spec was made with.
  package var residual: ElementType? {
    switch self["residual"] {
    case 1: .u8
    case 2: .i16
    default: nil
    }
  }

  /// Whether the result's zero point is 0, as it is behind a ReLU: no code adds it.
  package var isUnshifted: Bool { parameters.contains { $0.name == "unshifted" } }

  /// The activation of the epilogue that the spec was made with.
  package var activation: MapFunction? {
    parameters.lazy.compactMap { MapFunction(rawValue: $0.name) }.first { $0.joinsEpilogues }
  }
}
