import Targets

/// The last steps of a float kernel that stores bytes, as C: from the vector `value` to the 16 bytes
/// `q`, by 1.1 of `Documentation/Quantization.md`.
///
/// In scope are the vectors `low` and `high`, the bounds in steps from the zero point, and with FMA
/// `below` and `above`, the values a step beyond them; the record has `inverse_step`.
struct QuantizedBytes {
  let target: CPUTarget
  let value: String
  /// C of the size of a step, and of the zero point.
  let step: String
  let zeroPoint: String

  /// The quotient is taken of what is clamped to a step beyond the bounds.
  func emit(into out: inout CSource) {
    if target.hasFMA {
      out.line(
        """
        qf v = \(value) > below ? \(value) : below;
        v = v < above ? v : above;
        qf t = v * g->inverse_step;
        t = qf_fma(qf_fma(-t, qf_set(\(step)), v), qf_set(g->inverse_step), t);
        """)
    } else {
      out.line("qf t = \(value) / \(step);")
    }
    out.line(
      """
      t = t > low ? t : low;
      t = t < high ? t : high;
      const qi rounded = qf_bits(t + 0x1.8p23f) + \(zeroPoint);
      const qb q = __builtin_convertvector(rounded, qb);
      """)
  }
}
