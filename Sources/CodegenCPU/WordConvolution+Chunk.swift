import KernelIR

extension WordConvolution {
  /// The chunk function: widens the input under the chunk, then panels, halves, rows and pixels.
  func emitChunk(into out: inout CSource) {
    out.line("static void \(spec.symbol)_chunk")
    out.block(convolutionChunkParameters) { out in
      out.line(
        "const \(spec.symbol)_constants constants = \(spec.symbol)_broadcast(g), *e = &constants;")
      out.line("const float *factor = (const float *)(start + g->panels * 16);")
      out.line(
        """
        const uint8_t *first = input + (size_t)y0 * g->row_step + (size_t)x0 * \(spec["step"]);
        """)
      if widensFirst {
        emitWidening(into: &out)
      } else {
        out.line("const size_t segment_step = g->segment_row_step, result_step = g->row_step;")
        out.line("const uint8_t *source = first;")
      }
      emitPanels(into: &out)
    }
    out.blank()
  }

  private func emitWidening(into out: inout CSource) {
    out.line(
      """
      const uint32_t span = g->span - (g->pixels_per_chunk - (x1 - x0)) * \(spec["step"]);
      const size_t pitch = (g->span + 31) / 32 * 32 + 32;
      const uint32_t rows = (y1 - y0 - 1) * g->stride_rows + g->input_rows;
      uint16_t *source = scratch;
      for (uint32_t r = 0; r < rows; ++r)
        qc_widen(source + r * pitch, first + (size_t)r * g->input_row_pitch, span);
      const size_t segment_step = g->kernel_row_rows * pitch, result_step = g->stride_rows * pitch;
      """)
  }

  private func emitPanels(into out: inout CSource) {
    out.block("for (uint32_t p = p0; p < p1; ++p)") { out in
      out.line(
        """
        const uint32_t group = p / g->panels_per_group, inside = p % g->panels_per_group;
        const uint32_t columns = qc_min(16, g->columns_per_group - inside * 16);
        const \(sourceType) *a = source + (size_t)group * g->group_step;
        const size_t column = (size_t)group * g->columns_per_group + inside * 16;
        """)
      out.block("for (uint32_t c = 0; c < columns; c += \(columns))") { out in
        out.line("const int8_t *w = weights + (size_t)p * g->panel_bytes + c * 4;")
        out.line("const int32_t *s = start + p * 16 + c;")
        out.line("const float *f = factor + p * 16 + c;")
        out.block("for (uint32_t y = y0; y < y1; ++y)") { out in
          out.line(
            """
            const \(sourceType) *from = a + (y - y0) * result_step;
            const uint8_t *rest = residual + (size_t)y * g->residual_row_pitch +
                (size_t)x0 * g->residual_pixel_pitch + column + c;
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

/// Widens whole vectors of bytes to words; reads and writes up to 31 elements beyond `count`.
let widenPrelude = """
  static inline void qc_widen(uint16_t *to, const uint8_t *from, uint32_t count) {
    for (uint32_t i = 0; i < count; i += 32) {
      const __m128i *p = (const __m128i *)(from + i);
      const __m256i a = _mm256_cvtepu8_epi16(_mm_loadu_si128(p));
      const __m256i b = _mm256_cvtepu8_epi16(_mm_loadu_si128(p + 1));
      _mm256_storeu_si256((__m256i *)(to + i), a);
      _mm256_storeu_si256((__m256i *)(to + i + 16), b);
    }
  }

  """
