import KernelIR

/// `conv` by `vpmaddwd` over few pixels: bytes widened to 16 bits, so that every sum is exact.
///
/// A quad of one pixel is broadcast and widened to four words; these meet four columns of a quad of
/// weights in one instruction: the lanes are the two halves of each column's four products. After
/// the reduction the halves are added. ``RowPairConvolution`` shares the end of a micro-tile.
struct WordConvolution {
  let spec: KernelSpec
  let epilogue: EpilogueEmitter

  var symbol: String { spec.symbol }
  let tiles: ConvolutionTiles
  /// Columns of a micro-tile: the panel, or half of it where the sums of one would not fit.
  let columns: Int
  /// Columns of the last micro-tile of a group that are stored; 0 when they all are.
  var rest: Int { spec["tail"] % columns }

  /// - Parameters:
  ///   - spec: the kernel's.
  ///   - epilogue: the end of its micro-tiles.
  ///   - columns: 8 or 16.
  ///   - pixels: what a micro-tile has of them; the whole row, if not given.
  init(spec: KernelSpec, epilogue: EpilogueEmitter, columns: Int, pixels: Int? = nil) {
    self.spec = spec
    self.epilogue = epilogue
    self.columns = columns
    tiles = ConvolutionTiles(pixelClass: spec["px"], preferred: [pixels ?? spec["px"]])
  }

  /// The columns of a micro-tile where rows have so few pixels that weights are not worth widening
  /// for all of them; `nil` where they are.
  static func columns(_ spec: KernelSpec) -> Int? {
    if spec["px"] <= 2 { return 16 }
    return spec["split"] != TileSplit.rows.rawValue && spec["px"] <= 6 ? 8 : nil
  }

  /// A loop runs over quads, or over kernel rows where the quads of one are unrolled.
  var dotCounts: Set<Int> {
    // Of a panel that stores its first half only, the compiler drops the other half.
    let columnCounts = rest > 0 && rest <= 8 ? [columns, 8] : [columns]
    return Set(
      [tiles.pixels, tiles.rest].flatMap { pixels in
        columnCounts.map { pixels * $0 / 4 * unroll.step }
      })
  }

  private var unroll: QuadUnroll {
    QuadUnroll(quads: spec["quads"], limit: columns == 16 ? 8 : 1, divides: true)
  }

  func emit(into out: inout CSource) {
    for pixels in Set([tiles.pixels, tiles.rest]).sorted() where pixels > 0 {
      for partial in rest > 0 ? [false, true] : [false] {
        emitTile(pixels: pixels, partial: partial, into: &out)
      }
    }
    emitChunk(into: &out)
  }

  func tileName(_ pixels: Int, partial: Bool) -> String {
    "\(symbol)_tile\(pixels)\(partial ? "_rest" : "")"
  }

  /// `pixels` neighbouring results of 8 or 16 columns, of which a partial tile stores ``rest``.
  private func emitTile(pixels: Int, partial: Bool, into out: inout CSource) {
    out.block(
      """
      static inline void \(tileName(pixels, partial: partial))(const qc_conv_args *g,
          const \(symbol)_constants *e, const uint8_t *a, size_t row_step, const int8_t *w,
          const int32_t *start, const float *factor, const uint8_t *residual, uint8_t *out)
      """
    ) { out in
      for m in 0..<pixels {
        for v in 0..<columns / 4 { out.line("__m256i acc\(m)_\(v) = _mm256_setzero_si256();") }
      }
      emitReduction(pixels: pixels, into: &out)
      for half in 0..<columns / 8 {
        emitHalf(half, pixels: pixels, partial: partial, into: &out)
      }
    }
    out.blank()
  }

  private func emitReduction(pixels: Int, into out: inout CSource) {
    let body: (inout CSource) -> Void = { out in
      unroll.emit(into: &out) { quad, out in
        emitQuad(pixels: pixels, at: quad, into: &out)
      }
    }
    let columnStep = "(size_t)x * g->segment_column_step"
    switch (spec["kh"], spec["kw"]) {
    case (1, 1):
      out.block("") { out in
        out.line("const uint8_t *p = a;")
        body(&out)
      }
    case (_, 1):
      out.rolled("for (uint32_t y = 0; y < \(spec["kh"]); ++y)") { out in
        out.line("const uint8_t *p = a + y * row_step;")
        body(&out)
      }
    default:
      out.rolled("for (uint32_t y = 0; y < \(spec["kh"]); ++y)") { out in
        out.rolled("for (uint32_t x = 0; x < \(spec["kw"]); ++x)") { out in
          out.line("const uint8_t *p = a + y * row_step + \(columnStep);")
          body(&out)
        }
      }
    }
  }

  /// Quad number `quad` behind `p` and `w`.
  private func emitQuad(pixels: Int, at quad: Int, into out: inout CSource) {
    out.block("") { out in
      for v in 0..<columns / 4 {
        out.line(
          """
          const __m256i w\(v) =
              _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(w + \(quad * 64 + 16 * v))));
          """
        )
      }
      for m in 0..<pixels {
        let element = m * spec["step"] + quad * 4
        out.line("int32_t q\(m);\n__builtin_memcpy(&q\(m), p + \(element), 4);")
        out.line("const __m256i a\(m) = _mm256_cvtepu8_epi16(_mm_set1_epi32(q\(m)));")
        for v in 0..<columns / 4 {
          out.line(
            "acc\(m)_\(v) = _mm256_add_epi32(acc\(m)_\(v), _mm256_madd_epi16(a\(m), w\(v)));")
        }
      }
    }
  }

  /// Adds the halves of 8 columns, then the epilogue. The columns of a vector stay in the order
  /// 0 1 4 5 2 3 6 7 that the addition leaves, until they are bytes or are stored alone.
  /// `doubled` says that the sums are twice what they stand for.
  func emitHalf(
    _ half: Int, pixels: Int, partial: Bool, doubled: Bool = false, into out: inout CSource
  ) {
    let stored = partial ? max(0, min(8, rest - 8 * half)) : 8
    guard stored > 0 else { return }
    out.block("") { out in
      out.line("const vi first = qc_pair_order(vi_load(start + \(8 * half)));")
      out.line("const vf scale = vf_bits(qc_pair_order(vi_load(factor + \(8 * half))));")
      for m in 0..<pixels {
        let other =
          "residual + \(m) * (size_t)g->residual_pixel_pitch + \(8 * half * epilogue.residualBytes)"
        let load = epilogue.residual(other, count: stored < 8 ? "\(stored)" : nil)
        out.line(
          """
          const vi sum\(m) = qc_add_halves(acc\(m)_\(2 * half), acc\(m)_\(2 * half + 1));
          const vf v\(m) = \(symbol)_value(e, vi_add(\(doubled ? "vi_sra(sum\(m), 1)" : "sum\(m)"), first), scale,
              \(epilogue.hasResidual ? "qc_pair_order(\(load))" : load));
          """)
      }
      emitStores(half, pixels: pixels, stored: stored, into: &out)
    }
  }

  private func emitStores(_ half: Int, pixels: Int, stored: Int, into out: inout CSource) {
    let offset = half == 0 ? "" : " + \(8 * half * epilogue.columnBytes)"
    let to = (0..<pixels).map { "out + \($0) * (size_t)g->output_pixel_pitch\(offset)" }
    let (suffix, count) = stored < 8 ? ("_n", ", \(stored)") : ("", "")
    var m = 0
    while m < pixels {
      if epilogue.storesFour, stored == 8, m + 4 <= pixels {
        let values = (m..<m + 4).map { "v\($0)" }.joined(separator: ", ")
        let pointers = to[m..<m + 4].joined(separator: ",\n    ")
        out.line("\(symbol)_store4(e, \(values), \(pointers));")
        m += 4
      } else {
        let value = "vf_bits(qc_pair_order(vi_bits(v\(m))))"
        out.line("\(symbol)_store\(suffix)(e, \(value), \(to[m])\(count));")
        m += 1
      }
    }
  }
}

/// The C functions of the halves of columns: adding them leaves eight columns in the order
/// 0 1 4 5 2 3 6 7, which `qc_pair_order` makes of 0...7 and back.
let halvesPrelude = """
  static inline vi qc_pair_order(vi a) { return _mm256_permute4x64_epi64(a, 0xd8); }
  static inline vi qc_add_halves(vi a, vi b) {
    const vf x = vf_bits(a), y = vf_bits(b);
    return vi_add(vi_bits(_mm256_shuffle_ps(x, y, 0x88)), vi_bits(_mm256_shuffle_ps(x, y, 0xdd)));
  }

  """
