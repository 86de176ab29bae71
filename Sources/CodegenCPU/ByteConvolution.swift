import KernelIR

/// `conv` by `vpdpbusd`, or `vpdpwssd` for activations of 16 bits: one quad of a pixel, broadcast,
/// against the 16 columns of a panel; up to four panels side by side, as ``ByteTiles`` says.
struct ByteConvolution {
  let spec: KernelSpec
  let epilogue: EpilogueEmitter

  private var symbol: String { spec.symbol }
  private var tiles: ByteTiles { ByteTiles(spec) }
  private var unroll: QuadUnroll { QuadUnroll(quads: spec["quads"], limit: 4) }
  private var panelBytes: Int { spec["kh"] * spec["kw"] * spec["quads"] * spec.quadBytes }
  private var tail: Int { spec["tail"] }

  /// A loop runs over quads, or over kernel rows where the quads of one are unrolled.
  var dotCounts: Set<Int> {
    Set(
      tiles.widths.flatMap { width in
        let pixels = tiles.pixels(width: width)
        return [pixels.pixels, pixels.rest].flatMap { count in
          [count * width * unroll.step, count * width, (count - 1) * width]
        }
      })
  }

  /// Whether a result row may need a part of the kernel's rows only: the others meet zeros.
  private var clips: Bool { spec["kh"] > 1 }

  func emit(into out: inout CSource) {
    if clips { out.line(clipFunction.replacing("qc_clip", with: "\(symbol)_clip")) }
    for width in tiles.widths {
      for (count, edge) in forms(width) {
        for partial in isPartial(width) ? [false, true] : [false] {
          ByteTile(
            spec: spec, epilogue: epilogue, pixels: count, panels: width,
            tail: partial ? tail : 0, readsAhead: tiles.readsAhead(width: width), edge: edge
          ).emit(into: &out)
        }
      }
    }
    emitChunk(into: &out)
  }

  /// The micro-tiles that a row of `width` panels is made of.
  private func forms(_ width: Int) -> [(pixels: Int, edge: ByteTile.Edge)] {
    let pixels = tiles.pixels(width: width)
    let last = pixels.rest > 0 ? pixels.rest : pixels.pixels
    let (hasLeft, hasRight) = edges(pixels)
    let inner = Set([pixels.pixels, hasRight ? pixels.pixels : last]).sorted()
    return inner.map { ($0, .none) } + (hasLeft ? [(pixels.pixels, .left)] : [])
      + (hasRight ? [(last, .right)] : [])
  }

  /// Whether the first and the last micro-tile of a row are others, which they can be where there are
  /// two at least.
  private func edges(_ pixels: ConvolutionTiles) -> (left: Bool, right: Bool) {
    let isCut = spec["px"] > pixels.pixels
    return (isCut && spec.leftZeros > 0, isCut && spec.rightZeros > 0)
  }

  /// Whether some micro-tile of `width` panels stores a part of its last one.
  private func isPartial(_ width: Int) -> Bool { tail > 0 && tiles.lastWidths.contains(width) }

  private func emitChunk(into out: inout CSource) {
    out.convolutionChunk(symbol) { out in
      out.line("const size_t pitch = g->output_pixel_pitch, other = g->residual_pixel_pitch;")
      out.block("for (uint32_t p = p0; p < p1;)") { out in
        out.line(
          """
          const uint32_t group = p / g->panels_per_group, inside = p % g->panels_per_group;
          const uint32_t left = qc_min(p1 - p, g->panels_per_group - inside);
          const size_t column = (size_t)group * g->columns_per_group + inside * 16;
          const int8_t *w = weights + (size_t)p * \(panelBytes);
          const int32_t *s = start + p * 16;
          const float *f = factor + p * 16;
          """)
        for width in tiles.widths {
          let condition = width == tiles.widths.last ? "" : "if (left >= \(width))"
          out.block(condition) { out in
            emitWidth(width, into: &out)
            out.line("p += \(width);\(width == tiles.widths.last ? "" : "\ncontinue;")")
          }
        }
      }
    }
    out.blank()
  }

  /// The rows of the chunk, for `width` panels from number p on.
  private func emitWidth(_ width: Int, into out: inout CSource) {
    if isPartial(width) {
      let isLast = "inside + \(width) == g->panels_per_group"
      out.block("if (\(isLast))") { out in emitRows(width, partial: true, into: &out) }
      out.block("else") { out in emitRows(width, partial: false, into: &out) }
    } else {
      emitRows(width, partial: false, into: &out)
    }
  }

  private func emitRows(_ width: Int, partial: Bool, into out: inout CSource) {
    let pixels = tiles.pixels(width: width)
    let readsAhead = tiles.readsAhead(width: width)
    let call = """
      (e, from, rows, g->segment_row_step, g->segment_column_step, v, s, f, rest, other, to,
          pitch\(readsAhead ? ", next, ahead" : ""));
      """
    func tile(_ count: Int, _ edge: ByteTile.Edge = .none, advances: Bool = true) -> String {
      let name = ByteTile.name(
        symbol, pixels: count, panels: width, isPartial: partial, edge: edge)
      let moved = """

        from += \(count * spec["step"]);
        rest += \(count) * other;
        to += \(count) * pitch;
        """
      return name + call + (advances ? moved : "") + (readsAhead ? "\n" + next : "")
    }
    let (count, rest) = (pixels.pixels, pixels.rest)
    let (hasLeft, hasRight) = edges(pixels)
    if readsAhead { emitAhead(width, pixels: pixels.pixels, into: &out) }
    out.block("for (uint32_t y = y0; y < y1; ++y)") { out in
      emitKernelRows(into: &out)
      out.line(
        """
        const uint8_t *from = input + (size_t)y * g->row_step + (size_t)x0 * \(spec["step"]) +
            (size_t)group * g->group_step + first * (size_t)g->segment_row_step;
        const int8_t *v = w + first * (size_t)\(panelBytes / spec["kh"]);
        const uint8_t *rest = residual + (size_t)y * g->residual_row_pitch + x0 * other +
            column * \(epilogue.residualBytes);
        uint8_t *to = output + (size_t)y * g->output_row_pitch + x0 * pitch +
            column * \(epilogue.columnBytes);
        uint32_t x = x0;
        """)
      if hasLeft { out.line(tile(count, .left) + "\nx += \(count);") }
      let inner = hasRight && rest == 0 ? 2 * count : count
      out.block("for (; x + \(inner) <= x1; x += \(count))") { out in out.line(tile(count)) }
      let last = rest > 0 ? rest : hasRight ? count : 0
      if last > 0 {
        out.block("if (x < x1)") { out in
          out.line(tile(last, hasRight ? .right : .none, advances: false))
        }
      }
    }
  }

  /// The micro-tiles of one width share the reading of the weights that come next: each takes as
  /// many bytes for a quad as brings all of them in time, or, where tiles are few, a line.
  ///
  /// Behind the last panel the lines of other weights are read, or of nothing: a prefetch of an
  /// address that is not there does nothing.
  private func emitAhead(_ width: Int, pixels: Int, into out: inout CSource) {
    out.line(
      """
      const char *next = (const char *)w + \(width * panelBytes), *stop = next + \(width * panelBytes);
      const size_t tiles = (size_t)(y1 - y0) * ((x1 - x0 + \(pixels - 1)) / \(pixels));
      size_t ahead = qc_min(64, \(width * 64) / tiles + 1);
      """)
  }

  /// After a micro-tile.
  private var next: String {
    """
    next += \(panelBytes / spec.quadBytes) * ahead;
    if (next >= stop) ahead = 0;
    """
  }

  /// Declares the kernel rows that row y takes: `rows` of them from number `first` on.
  private func emitKernelRows(into out: inout CSource) {
    guard clips else {
      out.line("const uint32_t first = 0, rows = 1;")
      return
    }
    out.line(
      """
      const int32_t top = (int32_t)(y * g->stride_rows) - (int32_t)g->zero_rows;
      uint32_t first, end;
      \(symbol)_clip(top, \(spec["kh"]), g->kernel_row_rows, g->image_rows, &first, &end);
      const uint32_t rows = end - first;
      """)
  }
}
