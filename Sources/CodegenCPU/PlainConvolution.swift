import KernelIR

/// `conv` in plain C: one pixel against a panel of 16 columns, for machines without dot products.
struct PlainConvolution {
  let spec: KernelSpec
  let epilogue: EpilogueEmitter

  private var symbol: String { spec.symbol }

  func emit(into out: inout CSource) {
    emitPixel(into: &out)
    out.convolutionChunk(symbol) { out in
      out.block("for (uint32_t p = p0; p < p1; ++p)") { out in
        out.line(
          """
          const uint32_t group = p / g->panels_per_group, inside = p % g->panels_per_group;
          const uint32_t columns = qc_min(16, g->columns_per_group - inside * 16);
          const size_t column = (size_t)group * g->columns_per_group + inside * 16;
          """)
        out.block("for (uint32_t y = y0; y < y1; ++y)") { out in
          out.block("for (uint32_t x = x0; x < x1; ++x)") { out in
            out.line(
              """
              \(symbol)_pixel(g, e, input + (size_t)y * g->row_step + (size_t)x * \(spec["step"]) +
                  (size_t)group * g->group_step, weights + (size_t)p * g->panel_bytes,
                  start + p * 16, factor + p * 16, residual + (size_t)y * g->residual_row_pitch +
                  (size_t)x * g->residual_pixel_pitch + column * \(epilogue.residualBytes),
                  output + (size_t)y * g->output_row_pitch + (size_t)x * g->output_pixel_pitch +
                  column * \(epilogue.columnBytes), columns);
              """)
          }
        }
      }
    }
    out.blank()
  }

  private func emitQuad(into out: inout CSource) {
    if spec.readsWords {
      out.line(
        """
        int16_t a[2];
        __builtin_memcpy(a, p, 4);
        for (uint32_t c = 0; c < 16; ++c) acc[c] += a[0] * w[2 * c] + a[1] * w[2 * c + 1];
        """)
    } else {
      out.line("const int32_t a0 = p[0], a1 = p[1], a2 = p[2], a3 = p[3];")
      out.line("for (uint32_t c = 0; c < 16; ++c)")
      out.line(
        "  acc[c] += a0 * w[4 * c] + a1 * w[4 * c + 1] + a2 * w[4 * c + 2] + a3 * w[4 * c + 3];")
    }
  }

  private func emitPixel(into out: inout CSource) {
    out.block(
      """
      static void \(symbol)_pixel(const qc_conv_args *g, const \(symbol)_constants *e,
          const uint8_t *a, const int8_t *w, const int32_t *start, const float *factor,
          const uint8_t *residual, uint8_t *out, uint32_t columns)
      """
    ) { out in
      out.line("int32_t acc[16];")
      out.line("for (uint32_t c = 0; c < 16; ++c) acc[c] = start[c];")
      out.block("for (uint32_t y = 0; y < \(spec["kh"]); ++y)") { out in
        out.block("for (uint32_t x = 0; x < \(spec["kw"]); ++x)") { out in
          out.line(
            """
            const uint8_t *p = a + (size_t)y * g->segment_row_step +
                (size_t)x * g->segment_column_step;
            """)
          out.block(
            "for (uint32_t q = 0; q < \(spec["quads"]); ++q, p += 4, w += \(spec.quadBytes))"
          ) { out in emitQuad(into: &out) }
        }
      }
      out.block("for (uint32_t c = 0; c < columns; c += VL)") { out in
        out.line(
          """
          const uint32_t n = qc_min(VL, columns - c);
          const vf v = \(symbol)_value(e, vi_load(acc + c), vf_load(factor + c),
              \(epilogue.residual("residual + c * \(epilogue.residualBytes)", count: "n")));
          \(symbol)_store_n(e, v, out + c * \(epilogue.columnBytes), n);
          """)
      }
    }
    out.blank()
  }
}
