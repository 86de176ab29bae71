/// How a probability becomes its integer of 0...255 without a quotient.
///
/// For every `y` of 0...1, `rne(fma(y, inverse, nudge))` is `quantize(y)` to u8 with ``scale`` and
/// zero point 0: both grow with `y`, and they step at the same numbers. The nudge lifts the two
/// steps at which the product with the inverse falls short of the quotient.
package enum ProbabilitySteps {
  package static let scale: Float = 1 / 255
  package static let inverse: Float = 1 / scale
  package static let nudge: Float = 0x1p-25
}
