import KernelIR
import Targets

/// The last part of a `winograd` kernel: from the sums of a block's products to its stored results.
struct WinogradResults {
  let spec: KernelSpec
  let target: CPUTarget
  let kind: WinogradBlocking.Kind
  let epilogue: EpilogueEmitter

  private var lanes: Int { target.lanes }
  private var prefix: String { "\(spec.symbol)_results_\(kind.name)" }
  private var height: Int { kind.height.results }
  private var width: Int { kind.width.results }

  /// `S_results_K(g, e, m, start, residual, out, panel, rows, pixels)`: the results of one block and the
  /// 16 columns of a panel, as far as they lie in the image.
  func emit(into out: inout CSource) {
    let all = [Int](repeating: lanes, count: 16 / lanes)
    let last = TileStores.columns(vectors: 16 / lanes, lanes: lanes, tail: spec["tail"])
    for columns in Set(all + last).sorted() { emitVector(columns, into: &out) }
    out.block(
      """
      static void \(prefix)(const qc_winograd_args *g, const \(spec.symbol)_constants *e,
          const int32_t *m, const int32_t *start, const uint8_t *residual, uint8_t *out,
          uint32_t panel, uint32_t rows, uint32_t pixels)
      """
    ) { out in
      out.line(
        """
        const float *factor = (const float *)(start + g->panels * 16);
        residual += panel * \(16 * epilogue.residualBytes);
        out += panel * \(16 * epilogue.columnBytes);
        """)
      if last != all {
        out.block("if (panel + 1 == g->panels)") { out in
          emitCalls(last, into: &out)
          out.line("return;")
        }
      }
      emitCalls(all, into: &out)
    }
    out.blank()
  }

  private func emitCalls(_ columns: [Int], into out: inout CSource) {
    for (z, count) in columns.enumerated() {
      let at = z * lanes
      out.line(
        """
        \(prefix)\(count)(g, e, m + \(at), start + \(at), factor + \(at),
            residual + \(at * epilogue.residualBytes), out + \(at * epilogue.columnBytes), rows, pixels);
        """)
    }
  }

  /// The same of one vector of columns, of which `columns` are stored: along the columns of the block,
  /// then row by row, in loops, because the code of all kinds and variants is in the package.
  private func emitVector(_ columns: Int, into out: inout CSource) {
    for pixels in [1, width] { emitRow(columns, pixels: pixels, into: &out) }
    let (rows, pixels) = (kind.height.points.count, kind.width.points.count)
    let step = 16 * spec[kind.name]
    out.line(lanes == 16 ? "static" : "static __attribute__((noinline))")
    out.block(
      """
      void \(prefix)\(columns)(const qc_winograd_args *g, const \(spec.symbol)_constants *e,
          const int32_t *m, const int32_t *start, const float *factor, const uint8_t *residual,
          uint8_t *out, uint32_t rows, uint32_t pixels)
      """
    ) { out in
      out.line("vi half[\(height)][\(pixels)];")
      out.rolled("for (uint32_t j = 0; j < \(pixels); ++j, m += \(step))") { out in
        out.line("vi from[\(rows)], made[\(height)];")
        for i in 0..<rows { out.line("from[\(i)] = vi_load(m + \(i * pixels * step));") }
        out.line("qc_winograd_results\(height)(from, made);")
        for i in 0..<height { out.line("half[\(i)][j] = made[\(i)];") }
      }
      out.line(
        """
        const size_t other = g->residual_pixel_pitch, pitch = g->output_pixel_pitch;
        const vi first = vi_load(start);
        const vf scale = vf_load(factor);
        """)
      out.rolled("for (uint32_t i = 0; i < rows; ++i)") { out in
        out.line("vi y[\(width)];")
        out.line("qc_winograd_results\(width)(half[i], y);")
        for j in 0..<width {
          out.line("y[\(j)] = vi_add(qc_winograd_value(y[\(j)]), first);")
        }
        emitStores(columns, into: &out)
        out.line("residual += g->residual_row_pitch;\nout += g->output_row_pitch;")
      }
    }
    out.blank()
  }

  private func emitStores(_ columns: Int, into out: inout CSource) {
    let all = (0..<width).map { "y[\($0)]" }.joined(separator: ", ")
    out.block("if (pixels == \(width))") { out in
      out.line("\(prefix)\(columns)_row\(width)(e, \(all), scale, residual, other, out, pitch);")
    }
    out.block("else") { out in
      for pixel in 0..<width - 1 {
        out.line(
          """
          if (pixels > \(pixel))
            \(prefix)\(columns)_row1(e, y[\(pixel)], scale, residual + \(pixel) * other, other,
                out + \(pixel) * pitch, pitch);
          """)
      }
    }
  }

  /// `S_results_KN_rowM(...)`: M neighbouring results of N columns through the epilogue.
  private func emitRow(_ columns: Int, pixels: Int, into out: inout CSource) {
    let sums = (0..<pixels).map { "vi acc\($0)_0" }.joined(separator: ", ")
    // Few blocks end before their last pixel.
    out.line(pixels == width ? "static inline" : "static __attribute__((noinline))")
    out.block(
      """
      void \(prefix)\(columns)_row\(pixels)(const \(spec.symbol)_constants *e, \(sums), vf scale0,
          const uint8_t *residual, size_t residual_pitch, uint8_t *out, size_t pitch)
      """
    ) { out in
      TileStores(epilogue: epilogue, pixels: pixels, columns: [columns]).emit(into: &out)
    }
  }
}
