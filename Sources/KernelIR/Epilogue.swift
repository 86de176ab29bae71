/// What happens between the int32 sums of a convolution and the store. Bias and input zero point
/// are not here: they are in the start values of the sums.
package enum Epilogue: Hashable, Sendable {
  /// `clamp(rne(float(acc) * multiplier[c]) + zeroPoint)`; with a residual the rounded value is
  /// `fma(float(r - residual.zeroPoint), residual.multiplier, float(acc) * multiplier[c])`.
  case requantize(
    multipliers: [Float], zeroPoint: Int32, bounds: ClosedRange<Int32>, residual: Residual?)
  /// `clamp(float(acc) * scale[c])`, an f32 result.
  case float(scales: [Float], bounds: ClosedRange<Float>?)

  /// A u8 operand of the result's shape that is added before rounding.
  package struct Residual: Hashable, Sendable {
    package let geometry: ImageGeometry
    package let zeroPoint: Int32
    /// Its scale over the result's.
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
    case .requantize(let multipliers, _, _, _): multipliers
    case .float(let scales, _): scales
    }
  }

  package var residual: Residual? {
    switch self {
    case .requantize(_, _, _, let residual): residual
    case .float: nil
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
    ]

  /// The values of ``fields``; what a kind of epilogue does not read is 0.
  package var arguments: ArgumentLayout.Values {
    switch self {
    case .requantize(_, let zeroPoint, let bounds, let residual):
      let values: ArgumentLayout.Values = [
        "residual_zero_point": .i32(residual?.zeroPoint ?? 0),
        "residual_multiplier": .f32(residual?.multiplier ?? 0),
        "zero_point": .i32(zeroPoint), "qmin": .i32(bounds.lowerBound),
        "qmax": .i32(bounds.upperBound), "low": .f32(0), "high": .f32(0),
      ]
      return values + residualArguments
    case .float(_, let bounds):
      let values: ArgumentLayout.Values = [
        "residual_zero_point": .i32(0), "residual_multiplier": .f32(0), "zero_point": .i32(0),
        "qmin": .i32(0), "qmax": .i32(0), "low": .f32(bounds?.lowerBound ?? 0),
        "high": .f32(bounds?.upperBound ?? 0),
      ]
      return values + residualArguments
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
    /// Saturation to a byte: every value fits int32 before it is rounded, the bounds are 0...255.
    case saturation = 0
    /// The bounds, once the value is a byte: every value fits int32 before it is rounded.
    case bytes = 1
    /// The bounds, before the value is rounded: it may not fit int32.
    case values = 2
  }

  /// How the values of a requantizing epilogue are clamped, for any int32 sums.
  private static func clamp(
    _ multipliers: [Float], _ bounds: ClosedRange<Int32>, _ residual: Residual?
  ) -> Clamp {
    let largest =
      0x1p31 * Double(multipliers.max() ?? 0) + 255 * Double(residual?.multiplier ?? 0)
    guard largest <= 0x1p30 else { return .values }
    return bounds == 0...255 ? .saturation : .bytes
  }

  /// The parameters of a spec that the epilogue's code depends on.
  package var parameters: [KernelSpec.Parameter] {
    switch self {
    case .requantize(let multipliers, _, let bounds, let residual):
      [
        KernelSpec.Parameter("residual", residual == nil ? 0 : 1),
        KernelSpec.Parameter("clamp", Epilogue.clamp(multipliers, bounds, residual).rawValue),
      ]
    case .float(_, let bounds):
      [KernelSpec.Parameter("clamp", bounds == nil ? 0 : 1)]
    }
  }

  /// The epilogue over gapless rows, for a result that is flattened.
  package var flattened: Epilogue {
    guard case .requantize(let multipliers, let zeroPoint, let bounds, let residual?) = self else {
      return self
    }
    return .requantize(
      multipliers: multipliers, zeroPoint: zeroPoint, bounds: bounds,
      residual: Residual(
        geometry: residual.geometry.flattened, zeroPoint: residual.zeroPoint,
        multiplier: residual.multiplier))
  }
}
