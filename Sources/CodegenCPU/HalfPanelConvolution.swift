import KernelIR
import Targets

/// `conv` by `vpdpbusd` on 256-bit vectors, or by products of words for activations of 16 bits: one quad
/// of a pixel, broadcast, against the two halves of a panel of 16 columns.
struct HalfPanelConvolution {
  let spec: KernelSpec
  let target: CPUTarget
  let epilogue: EpilogueEmitter

  private var symbol: String { spec.symbol }
  /// One quad a round: those of neighbouring pixels would share broadcasts that have no register.
  private var unroll: QuadUnroll {
    QuadUnroll(quads: spec["quads"], limit: 1, quadBytes: spec.quadBytes)
  }
  private var tail: Int { spec["tail"] }
  /// Two sums for each pixel, beside the two halves and a broadcast.
  private var tiles: ConvolutionTiles {
    ConvolutionTiles(
      pixelClass: spec["px"],
      preferred: target.vectorRegisters >= 32 ? [12, 8, 10, 6, 7, 5, 4] : [6, 4, 5, 3])
  }

  /// A loop runs over quads, or over kernel rows and columns of one quad.
  var dotCounts: Set<Int> {
    Set(
      columnCounts.flatMap { columns in
        [tiles.pixels, tiles.rest].map { $0 * halves(columns).count * unroll.step }
      })
  }

  /// The numbers of columns that some micro-tile stores.
  private var columnCounts: [Int] { tail == 0 ? [16] : [16, tail] }

  /// Columns of each half that are stored, without a half that has none.
  private func halves(_ columns: Int) -> [Int] {
    TileStores.columns(vectors: 2, lanes: 8, tail: columns % 16)
  }

  func emit(into out: inout CSource) {
    for pixels in Set([tiles.pixels, tiles.rest]).sorted() where pixels > 0 {
      for columns in columnCounts {
        emitTile(pixels: pixels, columns: columns, into: &out)
      }
    }
    emitChunk(into: &out)
  }

  private func name(_ pixels: Int, _ columns: Int) -> String {
    "\(symbol)_tile\(pixels)x16\(columns < 16 ? "_rest" : "")"
  }

  /// `pixels` neighbouring results of one panel, of which `columns` columns are stored.
  private func emitTile(pixels: Int, columns: Int, into out: inout CSource) {
    out.block(
      """
      static inline void \(name(pixels, columns))(const \(symbol)_constants *e, const uint8_t *a,
          size_t row_step, size_t column_step, const int8_t *w, const int32_t *start,
          const float *factor, const uint8_t *residual, size_t residual_pitch, uint8_t *out,
          size_t pitch)
      """
    ) { out in
      let halves = halves(columns)
      for z in halves.indices {
        out.line("const vi first\(z) = vi_load(start + \(8 * z));")
        for m in 0..<pixels { out.line("vi acc\(m)_\(z) = first\(z);") }
      }
      out.rolled("for (uint32_t y = 0; y < \(spec["kh"]); ++y)") { out in
        out.rolled("for (uint32_t x = 0; x < \(spec["kw"]); ++x)") { out in
          out.line("const uint8_t *p = a + y * row_step + x * column_step;")
          unroll.emit(into: &out) { quad, out in emitQuad(quad, pixels, halves.count, into: &out) }
        }
      }
      for z in halves.indices { out.line("const vf scale\(z) = vf_load(factor + \(8 * z));") }
      TileStores(epilogue: epilogue, pixels: pixels, columns: halves).emit(into: &out)
    }
    out.blank()
  }

  private func emitQuad(_ quad: Int, _ pixels: Int, _ halves: Int, into out: inout CSource) {
    out.block("") { out in
      let (load, dot) =
        spec.readsWords ? ("vi_widen_s8", "vi_dot_pairs") : ("vi_load", "qc_dpbusd256")
      for z in 0..<halves {
        let place = quad * spec.quadBytes + z * spec.quadBytes / 2
        out.line("const vi w\(z) = \(load)(w + \(place));")
      }
      for m in 0..<pixels {
        out.line(
          "int32_t q\(m);\n__builtin_memcpy(&q\(m), p + \(m * spec["step"] + quad * 4), 4);")
        out.line("const vi a\(m) = vi_set1(q\(m));")
        for z in 0..<halves {
          out.line("acc\(m)_\(z) = \(dot)(acc\(m)_\(z), a\(m), w\(z));")
        }
      }
    }
  }

  private func emitChunk(into out: inout CSource) {
    out.convolutionChunk(symbol) { out in
      out.line("const size_t pitch = g->output_pixel_pitch, other = g->residual_pixel_pitch;")
      out.block("for (uint32_t p = p0; p < p1; ++p)") { out in
        out.line(
          """
          const uint32_t group = p / g->panels_per_group, inside = p % g->panels_per_group;
          const size_t column = (size_t)group * g->columns_per_group + inside * 16;
          const int8_t *w = weights + (size_t)p * g->panel_bytes;
          const int32_t *s = start + p * 16;
          const float *f = factor + p * 16;
          """)
        if tail > 0 {
          out.block("if (inside + 1 == g->panels_per_group)") { emitRows(columns: tail, into: &$0) }
          out.block("else") { out in emitRows(columns: 16, into: &out) }
        } else {
          emitRows(columns: 16, into: &out)
        }
      }
    }
    out.blank()
  }

  private func emitRows(columns: Int, into out: inout CSource) {
    let call =
      "(e, from, g->segment_row_step, g->segment_column_step, w, s, f, rest, other, to, pitch);"
    out.block("for (uint32_t y = y0; y < y1; ++y)") { out in
      out.line(
        """
        const uint8_t *from = input + (size_t)y * g->row_step + (size_t)x0 * \(spec["step"]) +
            (size_t)group * g->group_step;
        const uint8_t *rest = residual + (size_t)y * g->residual_row_pitch + x0 * other +
            column * \(epilogue.residualBytes);
        uint8_t *to = output + (size_t)y * g->output_row_pitch + x0 * pitch +
            column * \(epilogue.columnBytes);
        uint32_t x = x0;
        """)
      out.block("for (; x + \(tiles.pixels) <= x1; x += \(tiles.pixels))") { out in
        out.line(
          """
          \(name(tiles.pixels, columns))\(call)
          from += \(tiles.pixels * spec["step"]);
          rest += \(tiles.pixels) * other;
          to += \(tiles.pixels) * pitch;
          """)
      }
      if tiles.rest > 0 { out.line("if (x < x1) \(name(tiles.rest, columns))\(call)") }
    }
  }
}
