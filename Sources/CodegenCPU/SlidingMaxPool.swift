import KernelIR

/// `maxpool` by windows that slide along a row: the largest values of each column of taps are taken
/// once, and stay in registers for the windows that share them.
///
/// Taps in the padding are replaced by the nearest in the image, which the window has too. Channels
/// go by whole vectors. A part of a vector comes first, because where pixels follow each other it is
/// stored whole: what it writes of the next pixel is written again.
struct SlidingMaxPool {
  let spec: KernelSpec

  private var symbol: String { spec.symbol }
  private var maximum: StoredMaximum { StoredMaximum(spec) }
  private var rows: [Int] { Array(0..<spec["rows"]) }
  private var taps: Int { spec["taps"] }
  private var stride: Int { spec["stride"] }
  /// Columns that a window has in common with the one before it.
  private var shared: Int { max(0, taps - stride) }

  private var rowParameters: String { rows.map { "const uint8_t *r\($0)" }.joined(separator: ", ") }
  private var rowNames: String { rows.map { "r\($0)" }.joined(separator: ", ") }

  func emit(into out: inout CSource) {
    emitColumn(into: &out)
    emitBlock(into: &out)
    out.kernel(symbol, PoolKernel.layout) { out in
      out.line("const uint8_t *input = (const uint8_t *)buffers[0] + g->input_origin;")
      out.line("uint8_t *output = buffers[1];")
      out.halo(channelBytes: maximum.bytes)
      out.rowTiles { out in
        out.line(
          """
          const uint8_t *in = input + (size_t)image * g->input_image_pitch;
          const int32_t top = (int32_t)(y * g->stride_rows) - (int32_t)g->padding_rows;
          """)
        for row in rows {
          out.line(
            """
            const uint8_t *r\(row) =
                in + \(symbol)_within(top + \(row), g->input_rows) * g->input_row_pitch;
            """)
        }
        out.line(
          """
          const uint32_t bytes = g->channels * \(maximum.bytes), part = bytes % (4 * VL);
          uint32_t c = bytes - (part ? part : 4 * VL);
          for (;; c -= 4 * VL) {
            \(symbol)_block(g, c, p, \(rowNames));
            if (c == 0) break;
          }
          qc_fill_halo(&halo, p, y);
          """)
      }
    }
  }

  /// `S_within(i, extent)`: the index of 0 ..< extent that is nearest to i; `S_column(offset, rows)`:
  /// the largest values of one column of taps.
  private func emitColumn(into out: inout CSource) {
    out.line(
      """
      static inline size_t \(symbol)_within(int32_t i, uint32_t extent) {
        return i < 0 ? 0 : qc_min((uint32_t)i, extent - 1);
      }
      static inline __attribute__((always_inline)) qc_octets \(symbol)_column(size_t offset,
          \(rowParameters)) {
      """)
    out.line("  qc_octets a = qc_load_octets(r0 + offset);")
    for row in rows.dropFirst() {
      out.line("  a = \(maximum.of("a", "qc_load_octets(r\(row) + offset)"));")
    }
    out.line("  return a;\n}")
  }

  /// `S_block(g, c, to, rows)`: a vector of channels, from byte c on, of all pixels of a row.
  private func emitBlock(into out: inout CSource) {
    out.block(
      """
      static inline void \(symbol)_block(const qc_pool_args *g, uint32_t c, uint8_t *to,
          \(rowParameters))
      """
    ) { out in
      func column(_ tap: Int) -> String {
        "\(symbol)_column(\(symbol)_within(left + \(tap), extent) * pitch + c, \(rowNames))"
      }
      out.line(
        """
        const size_t pitch = g->input_pixel_pitch, step = g->output_pixel_pitch;
        const uint32_t extent = g->input_pixels, pixels = g->pixels;
        const uint32_t bytes = g->channels * \(maximum.bytes), count = bytes - c;
        int32_t left = -(int32_t)g->padding_pixels;
        """)
      for tap in 0..<shared { out.line("qc_octets k\(tap) = \(column(tap));") }
      out.block("for (uint32_t x = 0; x < pixels; ++x, left += \(stride))") { out in
        for tap in shared..<taps { out.line("const qc_octets k\(tap) = \(column(tap));") }
        out.line("qc_octets best = k0;")
        for tap in 1..<max(1, taps) {
          out.line("best = \(maximum.of("best", "k\(tap)"));")
        }
        out.line(
          """
          uint8_t *at = to + x * step + c;
          const size_t room = step == bytes ? (size_t)(pixels - x) * step - c : count;
          if (room >= 4 * VL) qc_store_octets(at, best);
          else qc_store_octets_n(at, best, count);
          """)
        for tap in 0..<shared { out.line("k\(tap) = k\(tap + stride);") }
      }
    }
    out.blank()
  }
}
