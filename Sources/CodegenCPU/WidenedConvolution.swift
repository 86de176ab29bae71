import KernelIR

/// `conv` by `vpmaddwd` over many pixels: a chunk's input and, panel by panel, the weights are widened
/// into scratch, so that the reduction is nothing but products and sums, all exact.
///
/// Two words of a pixel are broadcast and meet the same two of k of eight columns in one
/// instruction. A micro-tile is a whole panel wide.
struct WidenedConvolution {
  let spec: KernelSpec
  let epilogue: EpilogueEmitter

  private var symbol: String { spec.symbol }
  private var tiles: ConvolutionTiles {
    ConvolutionTiles(pixelClass: spec["px"], preferred: [6, 4, 5, 3])
  }
  private var panelBytes: Int { spec["kh"] * spec["kw"] * spec["quads"] * 64 }
  /// Columns of the vectors of a micro-tile.
  private func columns(partial: Bool) -> [Int] {
    TileStores.columns(vectors: 2, lanes: 8, tail: partial ? spec["tail"] : 0)
  }
  private var forms: [Bool] { spec["tail"] > 0 ? [false, true] : [false] }

  /// A loop runs over pairs of words.
  var dotCounts: Set<Int> {
    Set(
      forms.flatMap { partial in
        [tiles.pixels, tiles.rest].map { $0 * columns(partial: partial).count }
      })
  }

  func emit(into out: inout CSource) {
    for pixels in Set([tiles.pixels, tiles.rest]).sorted() where pixels > 0 {
      for partial in forms { emitTile(pixels: pixels, partial: partial, into: &out) }
    }
    emitChunk(into: &out)
  }

  private func tileName(_ pixels: Int, partial: Bool) -> String {
    "\(symbol)_tile\(pixels)\(partial ? "_rest" : "")"
  }

  private func emitTile(pixels: Int, partial: Bool, into out: inout CSource) {
    let columns = columns(partial: partial)
    out.block(
      """
      static inline void \(tileName(pixels, partial: partial))(const \(symbol)_constants *e,
          const uint16_t *a, size_t row_step, size_t column_step, const int16_t *w,
          const int32_t *start, const float *factor, const uint8_t *residual,
          size_t residual_pitch, uint8_t *out, size_t pitch)
      """
    ) { out in
      for z in columns.indices {
        out.line("const vi first\(z) = vi_load(start + \(8 * z));")
        for m in 0..<pixels { out.line("vi acc\(m)_\(z) = first\(z);") }
      }
      emitReduction(pixels: pixels, vectors: columns.count, into: &out)
      for z in columns.indices { out.line("const vf scale\(z) = vf_load(factor + \(8 * z));") }
      TileStores(epilogue: epilogue, pixels: pixels, columns: columns).emit(into: &out)
    }
    out.blank()
  }

  private func emitReduction(pixels: Int, vectors: Int, into out: inout CSource) {
    out.rolled("for (uint32_t y = 0; y < \(spec["kh"]); ++y)") { out in
      out.rolled("for (uint32_t x = 0; x < \(spec["kw"]); ++x)") { out in
        out.line("const uint16_t *p = a + y * row_step + x * column_step;")
        out.rolled("for (uint32_t k = 0; k < \(2 * spec["quads"]); ++k, p += 2, w += 32)") { out in
          for z in 0..<vectors { out.line("const vi w\(z) = vi_load(w + \(16 * z));") }
          for m in 0..<pixels {
            out.line("int32_t q\(m);\n__builtin_memcpy(&q\(m), p + \(m * spec["step"]), 4);")
            out.line("const vi a\(m) = vi_set1(q\(m));")
            for z in 0..<vectors {
              out.line(
                "acc\(m)_\(z) = vi_add(acc\(m)_\(z), _mm256_madd_epi16(a\(m), w\(z)));")
            }
          }
        }
      }
    }
  }

  /// The chunk function: widens the input under the chunk, then panels, rows and pixels.
  private func emitChunk(into out: inout CSource) {
    let quads = panelBytes / 64
    out.convolutionChunk(symbol) { out in
      out.line(
        """
        const size_t pitch = g->output_pixel_pitch, other = g->residual_pixel_pitch;
        const uint8_t *first = input + (size_t)y0 * g->row_step + (size_t)x0 * \(spec["step"]);
        const uint32_t span = g->span - (g->pixels_per_chunk - (x1 - x0)) * \(spec["step"]);
        const size_t row = (g->span + 31) / 32 * 32 + 32;
        const uint32_t rows = (y1 - y0 - 1) * g->stride_rows + g->input_rows;
        int16_t *v = scratch;
        uint16_t *source = (uint16_t *)(v + \(quads * 64));
        for (uint32_t r = 0; r < rows; ++r)
          qc_widen(source + r * row, first + (size_t)r * g->input_row_pitch, span);
        """)
      out.block("for (uint32_t p = p0; p < p1; ++p)") { out in
        out.line(
          """
          const uint32_t group = p / g->panels_per_group, inside = p % g->panels_per_group;
          const size_t column = (size_t)group * g->columns_per_group + inside * 16;
          const int32_t *s = start + p * 16;
          const float *f = factor + p * 16;
          qc_widen_panel(v, weights + (size_t)p * \(panelBytes), \(quads));
          """)
        out.block("for (uint32_t y = y0; y < y1; ++y)") { out in emitRow(into: &out) }
      }
    }
    out.blank()
  }

  private func emitRow(into out: inout CSource) {
    out.line(
      """
      const uint16_t *from = source + (y - y0) * g->stride_rows * row +
          (size_t)group * g->group_step;
      const uint8_t *rest = residual + (size_t)y * g->residual_row_pitch + x0 * other +
          column * \(epilogue.residualBytes);
      uint8_t *to = output + (size_t)y * g->output_row_pitch + x0 * pitch +
          column * \(epilogue.columnBytes);
      uint32_t x = x0;
      """)
    guard forms.count > 1 else {
      emitPixels(partial: false, into: &out)
      return
    }
    out.block("if (inside + 1 == g->panels_per_group)") { out in
      emitPixels(partial: true, into: &out)
    }
    out.block("else") { out in emitPixels(partial: false, into: &out) }
  }

  private func emitPixels(partial: Bool, into out: inout CSource) {
    let call = """
      (e, from, g->kernel_row_rows * row, g->segment_column_step, v, s, f, rest, other, to,
          pitch);
      """
    out.block("for (; x + \(tiles.pixels) <= x1; x += \(tiles.pixels))") { out in
      out.line(tileName(tiles.pixels, partial: partial) + call)
      out.line(
        """
        from += \(tiles.pixels * spec["step"]);
        rest += \(tiles.pixels) * other;
        to += \(tiles.pixels) * pitch;
        """)
    }
    if tiles.rest > 0 { out.line("if (x < x1) \(tileName(tiles.rest, partial: partial))\(call)") }
  }
}

/// The C functions that widen bytes to words.
let widenPrelude = """
  /* Whole vectors; reads and writes up to 31 elements beyond `count`. */
  static inline void qc_widen(uint16_t *to, const uint8_t *from, uint32_t count) {
    for (uint32_t i = 0; i < count; i += 32) {
      const __m128i *p = (const __m128i *)(from + i);
      const __m256i a = _mm256_cvtepu8_epi16(_mm_loadu_si128(p));
      const __m256i b = _mm256_cvtepu8_epi16(_mm_loadu_si128(p + 1));
      _mm256_storeu_si256((__m256i *)(to + i), a);
      _mm256_storeu_si256((__m256i *)(to + i + 16), b);
    }
  }
  /* Quads of a panel, [16 columns][4 k], to words [2 pairs][16 columns][2 k]. */
  static inline void qc_widen_panel(int16_t *to, const int8_t *w, uint32_t quads) {
    for (uint32_t i = 0; i < 2 * quads; ++i, w += 32, to += i % 2 ? 16 : 48) {
      const __m128i *p = (const __m128i *)w;
      const vf a = vf_bits(_mm256_cvtepi8_epi16(_mm_loadu_si128(p)));
      const vf b = vf_bits(_mm256_cvtepi8_epi16(_mm_loadu_si128(p + 1)));
      vi_store(to, qc_pair_order(vi_bits(_mm256_shuffle_ps(a, b, 0x88))));
      vi_store(to + 32, qc_pair_order(vi_bits(_mm256_shuffle_ps(a, b, 0xdd))));
    }
  }

  """
