import KernelIR

/// `conv` by `vpdpbusd`: one quad of a pixel, broadcast, against the 16 columns of a panel; two
/// panels side by side, four where there are few pixels.
struct ByteConvolution {
  let spec: KernelSpec
  let epilogue: EpilogueEmitter

  private var symbol: String { spec.symbol }
  private var tiles: ConvolutionTiles {
    ConvolutionTiles(pixelClass: spec["px"], preferred: [8, 6, 7, 5, 4])
  }
  /// Panels of the widest micro-tile: at most 24 sums fit beside weights and broadcast.
  private var widest: Int { tiles.pixels <= 4 ? 4 : 2 }
  private var widths: [Int] { widest == 4 ? [4, 1] : [2, 1] }

  /// A loop runs over quads, or over kernel rows where the quads of one are unrolled.
  var dotCounts: Set<Int> {
    let step = QuadUnroll(quads: spec["quads"], limit: ByteConvolution.unrollLimit).step
    return Set([tiles.pixels, tiles.rest].flatMap { pixels in widths.map { pixels * $0 * step } })
  }

  private static let unrollLimit = 4

  func emit(into out: inout CSource) {
    for pixels in Set([tiles.pixels, tiles.rest]).sorted() where pixels > 0 {
      for width in widths { emitTile(pixels: pixels, panels: width, into: &out) }
    }
    emitChunk(into: &out)
  }

  private func tileName(_ pixels: Int, _ panels: Int) -> String {
    "\(symbol)_tile\(pixels)x\(16 * panels)"
  }

  /// `pixels` neighbouring results of `panels` panels; the last panel stores `columns` columns.
  private func emitTile(pixels: Int, panels: Int, into out: inout CSource) {
    out.block(
      """
      static inline void \(tileName(pixels, panels))(const qc_conv_args *g,
          const \(symbol)_constants *e, const uint8_t *a, const int8_t *w, const int32_t *start,
          const float *factor, const uint8_t *residual, uint8_t *out, uint32_t columns)
      """
    ) { out in
      for z in 0..<panels {
        out.line("const vi first\(z) = vi_load(start + \(16 * z));")
        for m in 0..<pixels { out.line("vi acc\(m)_\(z) = first\(z);") }
      }
      emitReduction(pixels: pixels, panels: panels, into: &out)
      for z in 0..<panels {
        out.line("const vf scale\(z) = vf_load(factor + \(16 * z));")
        for m in 0..<pixels {
          let offset = z == 0 ? "" : " + \(16 * z)"
          let bytes = z == 0 ? "" : " + \(16 * z * epilogue.columnBytes)"
          let isLast = z == panels - 1
          let suffix = isLast ? "_n" : ""
          let count = isLast ? ", columns" : ""
          let residual = epilogue.residual(
            "residual + \(m) * (size_t)g->residual_pixel_pitch\(offset)",
            count: isLast ? "columns" : nil)
          out.line(
            """
            \(symbol)_store\(suffix)(e, \(symbol)_value(e, acc\(m)_\(z), scale\(z),
                \(residual)), out + \(m) * (size_t)g->output_pixel_pitch\(bytes)\(count));
            """)
        }
      }
    }
    out.blank()
  }

  private func emitReduction(pixels: Int, panels: Int, into out: inout CSource) {
    out.rolled("for (uint32_t y = 0; y < \(spec["kh"]); ++y)") { out in
      out.rolled("for (uint32_t x = 0; x < \(spec["kw"]); ++x)") { out in
        out.line(
          """
          const uint8_t *p = a + (size_t)y * g->segment_row_step +
              (size_t)x * g->segment_column_step;
          """)
        let unroll = QuadUnroll(quads: spec["quads"], limit: ByteConvolution.unrollLimit)
        unroll.emit(into: &out) { quad, out in
          emitQuad(pixels: pixels, panels: panels, at: quad, into: &out)
        }
      }
    }
  }

  /// Quad number `quad` behind `p` and `w`.
  private func emitQuad(pixels: Int, panels: Int, at quad: Int, into out: inout CSource) {
    out.block("") { out in
      for z in 0..<panels {
        let panel = z == 0 ? "" : " + \(z) * (size_t)g->panel_bytes"
        out.line("const vi w\(z) = vi_load(w\(panel) + \(quad * 64));")
      }
      for m in 0..<pixels {
        out.line(
          "int32_t q\(m);\n__builtin_memcpy(&q\(m), p + \(m * spec["step"] + quad * 4), 4);")
        out.line("const vi a\(m) = _mm512_set1_epi32(q\(m));")
        for z in 0..<panels {
          out.line("acc\(m)_\(z) = _mm512_dpbusd_epi32(acc\(m)_\(z), a\(m), w\(z));")
        }
      }
    }
  }

  private func emitChunk(into out: inout CSource) {
    out.line("static void \(symbol)_chunk")
    out.block(convolutionChunkParameters) { out in
      out.line("const \(symbol)_constants constants = \(symbol)_broadcast(g), *e = &constants;")
      out.line("const float *factor = (const float *)(start + g->panels * 16);")
      out.block("for (uint32_t p = p0; p < p1;)") { out in
        out.line(
          """
          const uint32_t group = p / g->panels_per_group, inside = p % g->panels_per_group;
          const uint32_t left = qc_min(p1 - p, g->panels_per_group - inside);
          const uint32_t width = left >= \(widest) ? \(widest) : 1;
          const uint32_t columns =
              qc_min(16, g->columns_per_group - (inside + width - 1) * 16);
          const size_t column = (size_t)group * g->columns_per_group + inside * 16;
          const int8_t *w = weights + (size_t)p * g->panel_bytes;
          const int32_t *s = start + p * 16;
          const float *f = factor + p * 16;
          """)
        out.block("for (uint32_t y = y0; y < y1; ++y)") { out in emitRow(into: &out) }
        out.line("p += width;")
      }
    }
    out.blank()
  }

  private func emitRow(into out: inout CSource) {
    out.line(
      """
      const uint8_t *from = input + (size_t)y * g->row_step + (size_t)x0 * \(spec["step"]) +
          (size_t)group * g->group_step;
      const uint8_t *rest = residual + (size_t)y * g->residual_row_pitch +
          (size_t)x0 * g->residual_pixel_pitch + column;
      uint8_t *to = output + (size_t)y * g->output_row_pitch +
          (size_t)x0 * g->output_pixel_pitch + column * \(epilogue.columnBytes);
      """)
    for width in widths {
      out.block(width == widest ? "if (width == \(width))" : "else") { out in
        out.line("uint32_t x = x0;")
        out.block("for (; x + \(tiles.pixels) <= x1; x += \(tiles.pixels))") { out in
          out.line(
            """
            \(tileName(tiles.pixels, width))(g, e, from, w, s, f, rest, to, columns);
            from += \(tiles.pixels * spec["step"]);
            rest += \(tiles.pixels) * (size_t)g->residual_pixel_pitch;
            to += \(tiles.pixels) * (size_t)g->output_pixel_pitch;
            """)
        }
        if tiles.rest > 0 {
          out.line(
            "if (x < x1) \(tileName(tiles.rest, width))(g, e, from, w, s, f, rest, to, columns);")
        }
      }
    }
  }
}
