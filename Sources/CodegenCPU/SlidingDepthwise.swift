import KernelIR

/// The dense 3x3 window of stride 1, for two result rows at a time.
///
/// Column j of the input gives the pairs (row 0, row 1) and (row 2, row 3). It is the right tap of
/// result pixel j - 2, the middle one of j - 1 and the left one of j, whose sums wait in registers.
struct SlidingDepthwise {
  let emitter: DepthwiseEmitter

  private var symbol: String { emitter.symbol }

  func emit(partial: Bool, into out: inout CSource) {
    out.block(emitter.rowsHeader(partial: partial)) { out in
      out.line("static const int8_t zeros[16] = {0};")
      for kx in 0..<3 {
        let tap = (0..<3).map { "w + \($0 * 3 + kx) * g->tap_bytes" }
        out.line(
          """
          const vi first\(kx) = vi_pairs_s8(\(tap[0]), \(tap[1]));
          const vi third\(kx) = vi_pairs_s8(\(tap[2]), zeros);
          const vi zeroth\(kx) = vi_pairs_s8(zeros, \(tap[0]));
          const vi second\(kx) = vi_pairs_s8(\(tap[1]), \(tap[2]));
          """)
      }
      out.block("for (uint32_t y = y0; y < y1; y += 2)") { out in
        emitRowPair(partial: partial, into: &out)
      }
    }
    out.blank()
  }

  /// Where the last row has no partner, the partner's input is the row above it and its sums are
  /// left alone.
  private func emitRowPair(partial: Bool, into out: inout CSource) {
    out.line(
      """
      const int both = y + 1 < y1;
      const uint8_t *r0 = input + (size_t)y * g->row_step, *r1 = r0 + g->tap_row_step;
      const uint8_t *r2 = r1 + g->tap_row_step, *r3 = both ? r2 + g->tap_row_step : r2;
      const uint8_t *rest = residual + (size_t)y * g->residual_row_pitch;
      uint8_t *to = output + (size_t)y * g->output_row_pitch;
      const size_t below = g->output_row_pitch, rest_below = both ? g->residual_row_pitch : 0;
      const size_t step = g->pixel_step;
      vi upper0 = start, upper1 = start, lower0 = start, lower1 = start;
      """)
    emitColumn([0], into: &out)
    emitColumn([1, 0], into: &out)
    out.rolled("for (uint32_t x = 0; x < g->pixels; ++x)") { out in
      out.line("vi upper2 = start, lower2 = start;")
      emitColumn([2, 1, 0], into: &out)
      out.line(emitter.store("upper0", to: "to", residual: "rest", partial: partial))
      out.line("if (both) {")
      out.line(
        emitter.store("lower0", to: "to + below", residual: "rest + rest_below", partial: partial))
      out.line("}")
      out.line(
        """
        upper0 = upper1, upper1 = upper2, lower0 = lower1, lower1 = lower2;
        rest += g->residual_pixel_pitch;
        to += g->output_pixel_pitch;
        """)
    }
  }

  /// One column of input: tap `taps[i]` of the i-th waiting sum.
  private func emitColumn(_ taps: [Int], into out: inout CSource) {
    out.block("") { out in
      let pairs = emitter.pairs
      out.line("const vi top = \(pairs)(r0, r1), bottom = \(pairs)(r2, r3);")
      for (slot, kx) in taps.enumerated() {
        out.line(
          """
          upper\(slot) = vi_dot_pairs(vi_dot_pairs(upper\(slot), top, first\(kx)), bottom, third\(kx));
          lower\(slot) = vi_dot_pairs(vi_dot_pairs(lower\(slot), top, zeroth\(kx)), bottom, second\(kx));
          """)
      }
      out.line("r0 += step, r1 += step, r2 += step, r3 += step;")
    }
  }
}
