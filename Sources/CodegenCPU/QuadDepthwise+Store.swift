import KernelIR

extension QuadDepthwise {
  /// `S_storeN(e, acc, scale, residual, out)`: the epilogue of the first `count` channels.
  func emitStore(width: Int, count: Int, into out: inout CSource) {
    let symbol = spec.symbol
    let clamp = Epilogue.Clamp(rawValue: spec["clamp"])
    out.block(
      """
      static inline void \(symbol)_store\(width)\(count < width ? "_rest" : "")(
          const \(symbol)_constants\(width) *e, quads\(width) acc, quads\(width) scale,
          const uint8_t *residual, uint8_t *out)
      """
    ) { out in
      if spec["residual"] == 1 {
        out.line("const bytes\(width) zeros = bytes\(width)_set1_bytes(0);")
        out.line("const bytes\(width) bytes = bytes\(width)_load(residual);")
        out.line("const quads\(width) r = quads\(width)_of(bytes, zeros, zeros, zeros);")
      } else {
        out.line("(void)residual;")
      }
      for part in 0..<4 {
        let operands = "acc.part[\(part)], scale.part[\(part)]"
        let value =
          spec["residual"] == 1
          ? "scaled_plus(\(operands), r.part[\(part)], e->residual_zero, e->residual_multiplier)"
          : "scaled(\(operands))"
        out.line(
          clamp == .values
            ? "acc.part[\(part)] = bytes\(width)_round_to(bytes\(width)_\(value), e->last);"
            : "acc.part[\(part)] = bytes\(width)_round(bytes\(width)_\(value));")
      }
      let zero = spec.isUnshifted ? "bytes\(width)_set1_words(0)" : "e->zero"
      let narrow = "quads\(width)_narrow(acc, \(zero))"
      let bytes =
        clamp == .saturation ? narrow : "bytes\(width)_clamp(\(narrow), e->low, e->high)"
      out.line(
        count < width
          ? "bytes\(width)_store_n(out, \(bytes), \(count));"
          : "bytes\(width)_store(out, \(bytes));")
    }
  }

  /// The struct `S_constantsN`, and `S_broadcastN(g)`, which fills one from the record.
  func emitConstants(width: Int, into out: inout CSource) {
    let symbol = spec.symbol
    out.line("typedef struct {")
    out.line("  floats\(width) last, residual_multiplier;")
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
            floats\(width)_set1(g->residual_multiplier), bytes\(width)_set1_words(g->zero_point),
            bytes\(width)_set1_bytes(g->qmin), bytes\(width)_set1_bytes(g->qmax),
            bytes\(width)_set1_ints(g->residual_zero_point)};
        """)
    }
  }
}
