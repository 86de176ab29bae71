import KernelIR

/// One micro-tile of ``ByteConvolution``: `pixels` neighbouring results of `panels` panels, summed
/// over `rows` kernel rows from those at `a` and `w` on.
struct ByteTile {
  let spec: KernelSpec
  let epilogue: EpilogueEmitter
  let pixels: Int
  let panels: Int
  /// Columns of the last panel that are stored; 0 for all of them.
  let tail: Int
  /// Whether each quad brings a part of the next panels' weights, at `next`, into the cache, and
  /// moves on by `ahead` bytes.
  let readsAhead: Bool
  /// The end of a row that the micro-tile stands at, where its outer pixel meets zeros.
  var edge = Edge.none

  enum Edge: String {
    case none = ""
    case left = "_left"
    case right = "_right"
  }

  private var symbol: String { spec.symbol }
  private var quadBytes: Int { spec.quadBytes }
  private var panelBytes: Int { spec["kh"] * spec["kw"] * spec["quads"] * quadBytes }

  static func name(
    _ symbol: String, pixels: Int, panels: Int, isPartial: Bool, edge: Edge
  ) -> String {
    "\(symbol)_tile\(pixels)x\(16 * panels)\(isPartial ? "_rest" : "")\(edge.rawValue)"
  }

  func emit(into out: inout CSource) {
    let name = ByteTile.name(
      symbol, pixels: pixels, panels: panels, isPartial: tail > 0, edge: edge)
    out.block(
      """
      static inline void \(name)(const \(symbol)_constants *e, const uint8_t *a,
          uint32_t rows, size_t row_step, size_t column_step, const int8_t *w, const int32_t *start,
          const float *factor, const uint8_t *residual, size_t residual_pitch, uint8_t *out,
          size_t pitch\(readsAhead ? ", const char *next, size_t ahead" : ""))
      """
    ) { out in
      for z in 0..<panels {
        out.line("const vi first\(z) = vi_load(start + \(16 * z));")
        for m in 0..<pixels { out.line("vi acc\(m)_\(z) = first\(z);") }
      }
      emitReduction(into: &out)
      for z in 0..<panels { out.line("const vf scale\(z) = vf_load(factor + \(16 * z));") }
      TileStores(
        epilogue: epilogue, pixels: pixels,
        columns: TileStores.columns(vectors: panels, lanes: 16, tail: tail)
      ).emit(into: &out)
    }
    out.blank()
  }

  private func emitReduction(into out: inout CSource) {
    let rows = spec["kh"] > 1 ? "rows" : "1"
    out.rolled("for (uint32_t y = 0; y < \(rows); ++y)") { out in
      out.rolled("for (uint32_t x = 0; x < \(spec["kw"]); ++x)") { out in
        out.line("const uint8_t *p = a + y * row_step + x * column_step;")
        let quads = spec["quads"]
        switch edge {
        case .none:
          QuadUnroll(quads: quads, limit: 4, quadBytes: quadBytes).emit(into: &out) { quad, out in
            emitQuad(quad, pixels: 0..<pixels, into: &out)
          }
        case .left:
          emitQuads(spec.leftZeros, pixels: 1..<pixels, into: &out)
          emitQuads(quads - spec.leftZeros, pixels: 0..<pixels, into: &out)
        case .right:
          emitQuads(quads - spec.rightZeros, pixels: 0..<pixels, into: &out)
          emitQuads(spec.rightZeros, pixels: 0..<pixels - 1, into: &out)
        }
      }
    }
  }

  /// The next `count` quads, of some pixels only.
  private func emitQuads(_ count: Int, pixels: Range<Int>, into out: inout CSource) {
    if pixels.isEmpty {
      out.line("p += \(4 * count);\nw += \(quadBytes * count);")
    } else {
      out.rolled("for (uint32_t q = 0; q < \(count); ++q, p += 4, w += \(quadBytes))") { out in
        emitQuad(0, pixels: pixels, into: &out)
      }
    }
  }

  /// Quad number `quad` behind `p` and `w`.
  private func emitQuad(_ quad: Int, pixels: Range<Int>, into out: inout CSource) {
    out.block("") { out in
      for z in 0..<panels {
        let weights = "w + \(z * panelBytes + quad * quadBytes)"
        out.line("const vi w\(z) = \(spec.readsWords ? "vi_widen_s8" : "vi_load")(\(weights));")
      }
      if readsAhead { out.line("__builtin_prefetch(next);\nnext += ahead;") }
      for m in pixels {
        out.line(
          "int32_t q\(m);\n__builtin_memcpy(&q\(m), p + \(m * spec["step"] + quad * 4), 4);")
        out.line("const vi a\(m) = _mm512_set1_epi32(q\(m));")
        for z in 0..<panels {
          let dot = spec.readsWords ? "vi_dot_pairs" : "_mm512_dpbusd_epi32"
          out.line("acc\(m)_\(z) = \(dot)(acc\(m)_\(z), a\(m), w\(z));")
        }
      }
    }
  }
}
