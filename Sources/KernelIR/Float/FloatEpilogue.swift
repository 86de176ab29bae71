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

  /// The values of ``fields``; what the epilogue does not read is 0.
  package var arguments: ArgumentLayout.Values {
    let nowhere: ArgumentLayout.Values = [
      "residual_origin": .u32(0), "residual_image_pitch": .u32(0), "residual_row_pitch": .u32(0),
      "residual_pixel_pitch": .u32(0),
    ]
    return (residual?.arguments("residual") ?? nowhere)
      + ["lower": .f32(lower ?? 0), "upper": .f32(upper ?? 0)]
  }

  package var parameters: [KernelSpec.Parameter] {
    [
      .init("bias", hasBias ? 1 : 0), .init("residual", residual == nil ? 0 : 1),
      .init("lower", lower == nil ? 0 : 1), .init("upper", upper == nil ? 0 : 1),
    ]
  }

  /// The epilogue over gapless pixels, for a result that is flattened.
  package var flattened: FloatEpilogue {
    FloatEpilogue(hasBias: hasBias, residual: residual?.flattened, lower: lower, upper: upper)
  }
}
