import KernelIR

extension WordConvolution {
  /// The chunk function: panels, rows and pixels.
  func emitChunk(into out: inout CSource) {
    out.convolutionChunk(spec.symbol) { out in
      out.line(
        """
        const uint8_t *first = input + (size_t)y0 * g->row_step + (size_t)x0 * \(spec["step"]);
        """)
      out.line("const size_t segment_step = g->segment_row_step, result_step = g->row_step;")
      emitPanels(into: &out)
    }
    out.blank()
  }

  private func emitPanels(into out: inout CSource) {
    out.block("for (uint32_t p = p0; p < p1; ++p)") { out in
      out.line(
        """
        const uint32_t group = p / g->panels_per_group, inside = p % g->panels_per_group;
        const uint32_t columns = qc_min(16, g->columns_per_group - inside * 16);
        const uint8_t *a = first + (size_t)group * g->group_step;
        const size_t column = (size_t)group * g->columns_per_group + inside * 16;
        """)
      out.block("for (uint32_t c = 0; c < columns; c += \(columns))") { out in
        out.line("const int8_t *w = weights + (size_t)p * g->panel_bytes + c * 4;")
        out.line("const int32_t *s = start + p * 16 + c;")
        out.line("const float *f = factor + p * 16 + c;")
        out.block("for (uint32_t y = y0; y < y1; ++y)") { out in
          out.line(
            """
            const uint8_t *from = a + (y - y0) * result_step;
            const uint8_t *rest = residual + (size_t)y * g->residual_row_pitch +
                (size_t)x0 * g->residual_pixel_pitch + (column + c) * \(epilogue.residualBytes);
            uint8_t *to = output + (size_t)y * g->output_row_pitch +
                (size_t)x0 * g->output_pixel_pitch + (column + c) * \(epilogue.columnBytes);
            """)
          emitPixelLoops(into: &out)
        }
      }
    }
  }

  private func emitPixelLoops(into out: inout CSource) {
    guard rest > 0 else {
      emitPixels(partial: false, into: &out)
      return
    }
    out.block("if (columns - c >= \(columns))") { out in emitPixels(partial: false, into: &out) }
    out.block("else") { out in emitPixels(partial: true, into: &out) }
  }

  private func emitPixels(partial: Bool, into out: inout CSource) {
    let call = "(g, e, from, segment_step, w, s, f, rest, to);"
    out.line("uint32_t x = x0;")
    out.block("for (; x + \(tiles.pixels) <= x1; x += \(tiles.pixels))") { out in
      out.line(tileName(tiles.pixels, partial: partial) + call)
      out.line(
        """
        from += \(tiles.pixels * spec["step"]);
        rest += \(tiles.pixels) * (size_t)g->residual_pixel_pitch;
        to += \(tiles.pixels) * (size_t)g->output_pixel_pitch;
        """)
    }
    if tiles.rest > 0 {
      out.line("if (x < x1) \(tileName(tiles.rest, partial: partial))\(call)")
    }
  }
}
