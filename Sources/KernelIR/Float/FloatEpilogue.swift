/// What happens to a float sum of products before it is stored, in this order: the bias is added,
/// the residual is added, `x < lower ? lower : x`, `x > upper ? upper : x`.
package struct FloatEpilogue: Hashable, Sendable {
  package let hasBias: Bool
  /// Where the residual lies; it has the extents of the result.
  package let residual: ImageGeometry?
  package let lower: Float?
  package let upper: Float?

  package init(
    hasBias: Bool = false, residual: ImageGeometry? = nil, lower: Float? = nil, upper: Float? = nil
  ) {
    self.hasBias = hasBias
    self.residual = residual
    self.lower = lower
    self.upper = upper
  }

  package static let none = FloatEpilogue()

  package static let fields: [ArgumentLayout.Field] =
    ArgumentLayout.Field.image("residual") + [
      .init("lower", .f32, "smallest result"), .init("upper", .f32, "largest result"),
    ]

  /// The values of ``fields``. A missing bound is an infinity, which leaves every value as it is.
  package var arguments: ArgumentLayout.Values {
    let nowhere: ArgumentLayout.Values = [
      "residual_origin": .u32(0), "residual_image_pitch": .u32(0), "residual_row_pitch": .u32(0),
      "residual_pixel_pitch": .u32(0),
    ]
    return (residual?.arguments("residual") ?? nowhere)
      + ["lower": .f32(lower ?? -.infinity), "upper": .f32(upper ?? .infinity)]
  }

  /// The bias of `count` columns as the kernels add it: without one -0, which changes no sum.
  func biasValues(_ bias: [Float]?, count: Int) -> [Float] {
    precondition((bias != nil) == hasBias, "the epilogue says whether there is a bias")
    precondition(bias?.count ?? count == count, "one bias value per column")
    return bias ?? [Float](repeating: -0.0, count: count)
  }

  package var parameters: [KernelSpec.Parameter] {
    [KernelSpec.Parameter("residual", residual == nil ? 0 : 1)]
  }

  /// The epilogue over gapless pixels, for a result that is flattened.
  package var flattened: FloatEpilogue {
    FloatEpilogue(hasBias: hasBias, residual: residual?.flattened, lower: lower, upper: upper)
  }
}
