import KernelIR

/// The epilogue of ``WindowDepthwise`` for vectors of `width` channels, in the order of a `quadsN`.
///
/// With `S` for the kernel's symbol it writes the struct `S_constantsN`, `S_broadcastN(g)`, which fills
/// one from the record,
/// - `S_wordsN(e, a, b, scale_a, scale_b)`, and two residuals behind if there is one: two vectors of
///   sums as one of words, the zero point added,
/// - `S_storeN(e, first, last, out)` and, for a part of the channels, `S_storeN_rest`: the words of all
///   channels to memory.
struct ChannelStore {
  let spec: KernelSpec
  let width: Int

  private var symbol: String { spec.symbol }
  private var hasResidual: Bool { spec["residual"] == 1 }
  private var clamp: Epilogue.Clamp? { Epilogue.Clamp(rawValue: spec["clamp"]) }

  /// The store of `count` channels.
  func name(count: Int) -> String { "\(symbol)_store\(width)\(count < width ? "_rest" : "")" }

  /// Declares what ``words(sums:scale:half:)`` takes of the residual at `place`.
  func emitResidual(_ place: String, into out: inout CSource) {
    guard hasResidual else { return }
    out.line("const bytes\(width) zeros = bytes\(width)_set1_bytes(0);")
    out.line("const bytes\(width) bytes = bytes\(width)_load(\(place));")
    out.line("const quads\(width) r = quads\(width)_of(bytes, zeros, zeros, zeros);")
  }

  /// The C expression of the words of two vectors of sums, those of half `half`.
  func words(sums: [String], scale: String, half: Int) -> String {
    let parts = [2 * half, 2 * half + 1]
    let residuals = hasResidual ? parts.map { "r.part[\($0)]" } : []
    let operands = sums + parts.map { "\(scale).part[\($0)]" } + residuals
    return "\(symbol)_words\(width)(&e, \(operands.joined(separator: ", ")))"
  }

  /// The struct, the function that fills it, and `S_wordsN`.
  func emitValues(into out: inout CSource) {
    out.line("typedef struct {")
    out.line("  floats\(width) last, residual_multiplier, alpha, beta, activation_multiplier;")
    out.line("  bytes\(width) zero, low, high, residual_zero;")
    out.line("} \(symbol)_constants\(width);")
    out.block(
      """
      static inline \(symbol)_constants\(width)
          \(symbol)_broadcast\(width)(const qc_dwconv_args *g)
      """
    ) { out in
      out.line(
        """
        return (\(symbol)_constants\(width)){
            floats\(width)_set1((float)(g->qmax - g->zero_point)),
            floats\(width)_set1(g->residual_multiplier), floats\(width)_set1(g->alpha),
            floats\(width)_set1(g->beta), floats\(width)_set1(g->activation_multiplier),
            bytes\(width)_set1_words(g->zero_point), bytes\(width)_set1_bytes(g->qmin),
            bytes\(width)_set1_bytes(g->qmax), bytes\(width)_set1_ints(g->residual_zero_point)};
        """)
    }
    emitWords(into: &out)
  }

  private func emitWords(into out: inout CSource) {
    let residuals = hasResidual ? ",\n    bytes\(width) residual_a, bytes\(width) residual_b" : ""
    out.block(
      """
      static inline bytes\(width) \(symbol)_words\(width)(const \(symbol)_constants\(width) *e,
          bytes\(width) a, bytes\(width) b, bytes\(width) scale_a, bytes\(width) scale_b\(residuals))
      """
    ) { out in
      for sum in ["a", "b"] {
        let value =
          hasResidual
          ? """
          scaled_plus(\(sum), scale_\(sum), residual_\(sum), e->residual_zero,
              e->residual_multiplier)
          """
          : "scaled(\(sum), scale_\(sum))"
        out.line("floats\(width) v\(sum) = bytes\(width)_\(value);")
        if let activation = spec.activation {
          let result = ActivationEmitter.expression(
            activation, of: "v\(sum)", type: "floats\(width)")
          out.line("v\(sum) = floats\(width)_mul(\(result), e->activation_multiplier);")
        }
        out.line(
          clamp == .values
            ? "\(sum) = bytes\(width)_round_to(v\(sum), e->last);"
            : "\(sum) = bytes\(width)_round(v\(sum));")
      }
      let zero = spec.isUnshifted ? "bytes\(width)_set1_words(0)" : "e->zero"
      out.line("return bytes\(width)_words(a, b, \(zero));")
    }
  }

  /// The store of `count` channels.
  func emitStore(count: Int, into out: inout CSource) {
    out.block(
      """
      static inline void \(name(count: count))(const \(symbol)_constants\(width) *e,
          bytes\(width) first, bytes\(width) last, uint8_t *out)
      """
    ) { out in
      let narrow = "bytes\(width)_narrow(first, last)"
      if clamp == .saturation { out.line("(void)e;") }
      let bytes =
        clamp == .saturation ? narrow : "bytes\(width)_clamp(\(narrow), e->low, e->high)"
      out.line(
        count < width
          ? "bytes\(width)_store_n(out, \(bytes), \(count));"
          : "bytes\(width)_store(out, \(bytes));")
    }
  }
}
