import KernelIR

/// A dense convolution of three kernel rows by `vpmaddwd`, two result rows at a time.
///
/// For input rows d0...d3 and kernel rows g0...g2 the two results are
/// `s + t + (d0 - d2) * g0` and `s - t + (d3 - d1) * g2` with
/// `s = (d1 + d2) * (g0 + g1 + g2) / 2` and `t = (d2 - d1) * (g0 - g1 + g2) / 2`: four products where
/// the definition has six. All are doubled, so that they stay integers, and the sums are halved
/// exactly. The words hold them: rows are within ±510, weights within ±381.
///
/// Source: Lavin and Gray 2016, "Fast Algorithms for Convolutional Neural Networks", F(2, 3).
struct RowPairConvolution {
  let base: WordConvolution

  init(spec: KernelSpec, epilogue: EpilogueEmitter) {
    base = WordConvolution(spec: spec, epilogue: epilogue, columns: 8, pixels: 4)
  }

  var dotCounts: Set<Int> { Set([base.tiles.pixels, base.tiles.rest].map { $0 * 2 }) }

  private var symbol: String { base.symbol }
  private var quads: Int { base.spec["quads"] }
  private var step: Int { base.spec["step"] }

  func emit(into out: inout CSource) {
    for pixels in Set([base.tiles.pixels, base.tiles.rest]).sorted() where pixels > 0 {
      for partial in base.rest > 0 ? [false, true] : [false] {
        emitTile(pixels: pixels, partial: partial, into: &out)
      }
    }
    emitChunk(into: &out)
  }

  /// `pixels` neighbouring results of 8 columns in two rows; the lower one only if `both`.
  private func emitTile(pixels: Int, partial: Bool, into out: inout CSource) {
    let sums = (0..<pixels).flatMap { ["\($0)_0", "\($0)_1"] }
    out.block(
      """
      static inline void \(base.tileName(pixels, partial: partial))(const qc_conv_args *g,
          const \(symbol)_constants *e, const int16_t *a, size_t plane, const int16_t *w,
          const int32_t *start, const float *factor, const uint8_t *residual, uint8_t *out,
          int both)
      """
    ) { out in
      for sum in sums { out.line("vi acc\(sum) = vi_set1(0);") }
      emitReduction(0, pixels: pixels, into: &out)
      for sum in sums { out.line("const vi s\(sum) = acc\(sum);\nacc\(sum) = vi_set1(0);") }
      emitReduction(1, pixels: pixels, into: &out)
      for sum in sums {
        out.line("const vi lower\(sum) = vi_sub(s\(sum), acc\(sum));")
        out.line("acc\(sum) = vi_add(s\(sum), acc\(sum));")
      }
      emitReduction(2, pixels: pixels, into: &out)
      base.emitHalf(0, pixels: pixels, partial: partial, doubled: true, into: &out)
      out.line("if (!both) return;")
      for sum in sums { out.line("acc\(sum) = lower\(sum);") }
      emitReduction(3, pixels: pixels, into: &out)
      out.line("residual += g->residual_row_pitch;\nout += g->output_row_pitch;")
      base.emitHalf(0, pixels: pixels, partial: partial, doubled: true, into: &out)
    }
    out.blank()
  }

  /// Adds the products of combined row `plane` and its weights.
  private func emitReduction(_ plane: Int, pixels: Int, into out: inout CSource) {
    out.block("") { out in
      out.line("const int16_t *p = a + \(plane) * plane, *v = w + \(plane * quads * 32);")
      out.rolled("for (uint32_t q = 0; q < \(quads); ++q, p += 4, v += 32)") { out in
        out.line("const vi w0 = vi_load(v), w1 = vi_load(v + 16);")
        for m in 0..<pixels {
          out.line(
            """
            int64_t q\(m);
            __builtin_memcpy(&q\(m), p + \(m * step), 8);
            const vi a\(m) = _mm256_set1_epi64x(q\(m));
            acc\(m)_0 = vi_add(acc\(m)_0, _mm256_madd_epi16(a\(m), w0));
            acc\(m)_1 = vi_add(acc\(m)_1, _mm256_madd_epi16(a\(m), w1));
            """)
        }
      }
    }
  }

  /// The chunk function: combines the rows under the chunk, then panels, halves, row pairs, pixels.
  private func emitChunk(into out: inout CSource) {
    out.convolutionChunk(symbol) { out in
      out.line(
        """
        const uint8_t *first = input + (size_t)y0 * g->row_step + (size_t)x0 * \(step);
        const size_t pitch = (g->span + 31) / 32 * 32 + 32;
        int16_t *combined = scratch, *source = combined + \(quads * 128);
        for (uint32_t y = y0; y < y1; y += 2) {
          const uint8_t *r = first + (size_t)(y - y0) * g->row_step;
          qc_combine_rows(source + (size_t)(y - y0) * 2 * pitch, pitch, r, g->row_step,
              y + 1 < y1 ? 3 : 2, g->span);
        }
        """)
      out.block("for (uint32_t p = p0; p < p1; ++p)") { out in
        out.line(
          """
          const uint32_t group = p / g->panels_per_group, inside = p % g->panels_per_group;
          const uint32_t columns = qc_min(16, g->columns_per_group - inside * 16);
          const int16_t *a = source + (size_t)group * g->group_step;
          const size_t column = (size_t)group * g->columns_per_group + inside * 16;
          """)
        out.block("for (uint32_t c = 0; c < columns; c += 8)") { out in
          out.line(
            """
            qc_combine_weights(combined, weights + (size_t)p * g->panel_bytes + c * 4, \(quads));
            const int32_t *s = start + p * 16 + c;
            const float *f = factor + p * 16 + c;
            """)
          out.block("for (uint32_t y = y0; y < y1; y += 2)") { out in emitRows(into: &out) }
        }
      }
    }
    out.blank()
  }

  private func emitRows(into out: inout CSource) {
    out.line(
      """
      const int both = y + 1 < y1;
      const int16_t *from = a + (size_t)(y - y0) * 2 * pitch;
      const uint8_t *rest = residual + (size_t)y * g->residual_row_pitch +
          (size_t)x0 * g->residual_pixel_pitch + (column + c) * \(base.epilogue.residualBytes);
      uint8_t *to = output + (size_t)y * g->output_row_pitch +
          (size_t)x0 * g->output_pixel_pitch + (column + c) * \(base.epilogue.columnBytes);
      """)
    guard base.rest > 0 else {
      emitPixels(partial: false, into: &out)
      return
    }
    out.block("if (columns - c >= 8)") { out in emitPixels(partial: false, into: &out) }
    out.block("else") { out in emitPixels(partial: true, into: &out) }
  }

  private func emitPixels(partial: Bool, into out: inout CSource) {
    let tiles = base.tiles
    let call = "(g, e, from, pitch, combined, s, f, rest, to, both);"
    out.line("uint32_t x = x0;")
    out.block("for (; x + \(tiles.pixels) <= x1; x += \(tiles.pixels))") { out in
      out.line(base.tileName(tiles.pixels, partial: partial) + call)
      out.line(
        """
        from += \(tiles.pixels * step);
        rest += \(tiles.pixels) * (size_t)g->residual_pixel_pitch;
        to += \(tiles.pixels) * (size_t)g->output_pixel_pitch;
        """)
    }
    if tiles.rest > 0 {
      out.line("if (x < x1) \(base.tileName(tiles.rest, partial: partial))\(call)")
    }
  }
}

/// The C functions that combine four input rows, and the three rows of a kernel.
let rowPairPrelude = """
  /* Rows d0...d3 to the planes d1 + d2, d2 - d1, d0 - d2, d3 - d1; the fourth row is number `last`.
     Reads and writes up to 15 elements beyond `count`. */
  static inline void qc_combine_rows(int16_t *to, size_t plane, const uint8_t *d, size_t pitch,
                                     uint32_t last, uint32_t count) {
    for (uint32_t i = 0; i < count; i += 16) {
      const vi d0 = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(d + i)));
      const vi d1 = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(d + pitch + i)));
      const vi d2 = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(d + 2 * pitch + i)));
      const vi d3 = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(d + last * pitch + i)));
      vi_store(to + i, _mm256_add_epi16(d1, d2));
      vi_store(to + plane + i, _mm256_sub_epi16(d2, d1));
      vi_store(to + 2 * plane + i, _mm256_sub_epi16(d0, d2));
      vi_store(to + 3 * plane + i, _mm256_sub_epi16(d3, d1));
    }
  }
  /* Kernel rows g0, g1, g2 of eight columns to g0 + g1 + g2, g0 - g1 + g2, 2 g0, 2 g2. */
  static inline void qc_combine_weights(int16_t *to, const int8_t *w, uint32_t quads) {
    for (uint32_t q = 0; q < quads; ++q) {
      for (uint32_t v = 0; v < 2; ++v) {
        const int8_t *p = w + q * 64 + v * 16;
        int16_t *t = to + q * 32 + v * 16;
        const vi g0 = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)p));
        const vi g1 = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(p + quads * 64)));
        const vi g2 = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(p + quads * 128)));
        const vi outer = _mm256_add_epi16(g0, g2);
        vi_store(t, _mm256_add_epi16(outer, g1));
        vi_store(t + quads * 32, _mm256_sub_epi16(outer, g1));
        vi_store(t + quads * 64, _mm256_add_epi16(g0, g0));
        vi_store(t + quads * 96, _mm256_add_epi16(g2, g2));
      }
    }
  }

  """
