import KernelIR

/// One micro-tile of ``ByteConvolution``: `pixels` neighbouring results of `panels` panels.
struct ByteTile {
  let spec: KernelSpec
  let epilogue: EpilogueEmitter
  let pixels: Int
  let panels: Int
  /// Columns of the last panel that are stored; 0 for all of them.
  let tail: Int

  private var symbol: String { spec.symbol }
  private var panelBytes: Int { spec["kh"] * spec["kw"] * spec["quads"] * 64 }

  static func name(_ symbol: String, pixels: Int, panels: Int, isPartial: Bool) -> String {
    "\(symbol)_tile\(pixels)x\(16 * panels)\(isPartial ? "_rest" : "")"
  }

  func emit(into out: inout CSource) {
    let name = ByteTile.name(symbol, pixels: pixels, panels: panels, isPartial: tail > 0)
    out.block(
      """
      static inline void \(name)(const \(symbol)_constants *e, const uint8_t *a,
          size_t row_step, size_t column_step, const int8_t *w, const int32_t *start,
          const float *factor, const uint8_t *residual, size_t residual_pitch, uint8_t *out,
          size_t pitch)
      """
    ) { out in
      for z in 0..<panels {
        out.line("const vi first\(z) = vi_load(start + \(16 * z));")
        for m in 0..<pixels { out.line("vi acc\(m)_\(z) = first\(z);") }
      }
      emitReduction(into: &out)
      for z in 0..<panels { out.line("const vf scale\(z) = vf_load(factor + \(16 * z));") }
      if epilogue.narrows {
        emitNarrowStores(into: &out)
      } else {
        for m in 0..<pixels { for z in 0..<panels { emitStore(m, z, into: &out) } }
      }
    }
    out.blank()
  }

  private func emitReduction(into out: inout CSource) {
    out.rolled("for (uint32_t y = 0; y < \(spec["kh"]); ++y)") { out in
      out.rolled("for (uint32_t x = 0; x < \(spec["kw"]); ++x)") { out in
        out.line("const uint8_t *p = a + y * row_step + x * column_step;")
        QuadUnroll(quads: spec["quads"], limit: 4).emit(into: &out) { quad, out in
          emitQuad(quad, into: &out)
        }
      }
    }
  }

  /// Quad number `quad` behind `p` and `w`.
  private func emitQuad(_ quad: Int, into out: inout CSource) {
    out.block("") { out in
      for z in 0..<panels {
        out.line("const vi w\(z) = vi_load(w + \(z * panelBytes + quad * 64));")
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

  /// The number of columns of panel `z` that are stored, where they are not all.
  private func count(_ z: Int) -> Int? { tail > 0 && z == panels - 1 ? tail : nil }

  /// The C expression of the value of pixel `m` and panel `z`.
  private func value(_ m: Int, _ z: Int) -> String {
    let residual = epilogue.residual(
      "residual + \(m) * residual_pitch + \(16 * z)", count: count(z).map(String.init))
    return "\(symbol)_value(e, acc\(m)_\(z), scale\(z), \(residual))"
  }

  private func emitStore(_ m: Int, _ z: Int, into out: inout CSource) {
    let to = "out + \(m) * pitch + \(16 * z * epilogue.columnBytes)"
    let (suffix, last) = count(z).map { ("_n", ", \($0)") } ?? ("", "")
    out.line("\(symbol)_store\(suffix)(e, \(value(m, z)), \(to)\(last));")
  }

  /// Narrows four vectors at once, in the order of pixels, then panels.
  private func emitNarrowStores(into out: inout CSource) {
    let vectors = (0..<pixels).flatMap { m in (0..<panels).map { z in (m, z) } }
    for first in stride(from: 0, to: vectors.count, by: 4) {
      let group = vectors[first..<min(first + 4, vectors.count)]
      let values = group.map { value($0.0, $0.1) }
      let filled = values + [String](repeating: "vf_set1(0)", count: 4 - values.count)
      out.block("") { out in
        out.line("const vi b = \(symbol)_narrow(e, \(filled.joined(separator: ",\n    ")));")
        var piece = 0
        while piece < group.count {
          piece += emitPieces(Array(group), from: piece, into: &out)
        }
      }
    }
  }

  /// Stores what follows piece `piece` of the narrowed `group` in one row; returns how many pieces.
  private func emitPieces(
    _ group: [(m: Int, z: Int)], from piece: Int, into out: inout CSource
  ) -> Int {
    let (m, z) = group[piece]
    let whole = group[piece...].prefix { $0.m == m && count($0.z) == nil }.count
    let to = "out + \(m) * pitch + \(16 * z)"
    if whole == 4 {
      out.line("vi_store(\(to), b);")
      return 4
    }
    if whole >= 2, piece % 2 == 0 {
      out.line("vi_store_half(\(to), b, \(piece / 2));")
      return 2
    }
    if let count = count(z) {
      out.line("vi_store_quarter_n(\(to), b, \(piece), \(count));")
    } else {
      out.line("vi_store_quarter(\(to), b, \(piece));")
    }
    return 1
  }
}
