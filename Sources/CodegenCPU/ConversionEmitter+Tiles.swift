import KernelIR

/// Conversions between planes and pixels: tiles of VL pixels and 16 channels, turned in registers.
extension ConversionEmitter {
  private var arguments: String { ConversionKernel.layout.structName }

  /// `S_row`: the pixels of a row in tiles. The record comes by value, so that no store reaches it.
  private func emitRow(into out: inout CSource) {
    out.block(
      "static void \(symbol)_row(const \(arguments) g, const uint8_t *from, uint8_t *to)"
    ) { out in
      out.line(
        """
        const uint8_t *p = from;
        uint8_t *q = to;
        uint32_t x = 0;
        """)
      let (input, output) =
        spec["form"] == ConversionKernel.Form.interleave.rawValue
        ? ("\(inputBytes)", "g.output_pixel_pitch") : ("g.input_pixel_pitch", "\(outputBytes)")
      out.block("for (; x + VL <= g.pixels; x += VL)") { out in
        out.line("\(symbol)_tile(&g, p, q, VL);")
        out.line("p += (size_t)VL * \(input);\nq += (size_t)VL * \(output);")
      }
      out.line("if (x < g.pixels) \(symbol)_tile(&g, p, q, g.pixels - x);")
    }
    out.blank()
  }

  /// `S_value`: the arithmetic on one vector.
  private func emitValue(into out: inout CSource) {
    guard spec.family != .copy else { return }
    let result = spec.family == .quantize ? "vi" : "vf"
    out.block(
      "QC_TILE \(result) \(symbol)_value(const \(arguments) *g, const \(vector) v)"
    ) { out in
      emitConstants(into: &out)
      emitArithmetic(into: &out)
      out.line("return r;")
    }
  }

  private func emitTile(into out: inout CSource, _ body: (inout CSource) -> Void) {
    let parameters = "const uint8_t *from, uint8_t *to, uint32_t rows"
    out.block("QC_TILE void \(symbol)_tile(const \(arguments) *g, \(parameters))", body)
    emitRow(into: &out)
  }

  private var flip: String { "vi_set1((int32_t)(g->flip * 0x01010101u))" }

  /// One vector of a plane, and what becomes of it.
  private func loaded(_ pointer: String) -> String {
    switch (spec.family, inputBytes) {
    case (.quantize, _):
      "\(symbol)_value(g, rows == VL ? vf_load(\(pointer)) : vf_load_n(\(pointer), rows))"
    case (.dequantize, _):
      """
      vi_bits(\(symbol)_value(g, rows == VL ? vi_load_u8(\(pointer)) :
          vi_load_u8_n(\(pointer), rows)))
      """
    default:
      "rows == VL ? vi_load(\(pointer)) : vi_load_n(\(pointer), rows)"
    }
  }

  func emitInterleave(into out: inout CSource) {
    if !narrows { emitValue(into: &out) }
    if outputBytes == 4 {
      emitTile(into: &out) { emitWordRows(into: &$0) }
      return
    }
    // Up to four channels, one byte of each lane for each.
    out.block(
      "QC_TILE vi \(symbol)_quad(const \(arguments) *g, const uint8_t *p, uint32_t rows, uint32_t n)"
    ) { out in
      out.line("const size_t pitch = g->input_channel_pitch;")
      guard spec.family == .quantize else {
        out.line("return vi_xor(qc_load_planes(p, pitch, rows, n), \(flip));")
        return
      }
      if narrows {
        emitNarrowedQuad(into: &out)
        return
      }
      out.line("vi a = \(loaded("p"));")
      for k in 1..<4 {
        out.line("if (n > \(k)) a = vi_or(a, vi_sll(\(loaded("p + \(k) * pitch")), \(8 * k)));")
      }
      out.line("return a;")
    }
    emitTile(into: &out) { emitByteRows(into: &$0) }
  }

  /// Up to four planes, rounded and narrowed at once. The bytes of planes that are not there are
  /// never stored.
  private func emitNarrowedQuad(into out: inout CSource) {
    emitByteConstants(into: &out)
    for k in 0..<4 {
      let source = "p + \(k) * pitch"
      let steps =
        "\(symbol)_steps(g, rows == VL ? vf_load(\(source)) : vf_load_n(\(source), rows))"
      out.line("const vi r\(k) = \(k == 0 ? steps : "n > \(k) ? \(steps) : vi_set1(0)");")
    }
    out.line("const vi b = vi_narrow4_lanes(r0, r1, r2, r3, zero_words);")
    out.line("return \(clamped("b"));")
  }

  private func emitByteRows(into out: inout CSource) {
    out.line("const size_t pitch = g->input_channel_pitch;")
    out.block("if (g->channels <= 4)") { out in
      out.line(
        """
        const vi a = \(symbol)_quad(g, from, rows, g->channels);
        qc_store_quads(to, g->output_pixel_pitch, a, rows, g->channels);
        return;
        """)
    }
    out.block("for (uint32_t c = 0; c < g->channels; c += 16)") { out in
      out.line(
        """
        const uint32_t n = qc_min(16, g->channels - c);
        const uint8_t *p = from + (size_t)c * pitch;
        vi a[4];
        a[0] = \(symbol)_quad(g, p, rows, qc_min(4, n));
        """)
      for k in 1..<4 {
        out.line(
          """
          a[\(k)] = n > \(4 * k) ? \(symbol)_quad(g, p + \(4 * k) * pitch, rows, qc_min(4, n - \(4 * k)))
              : vi_set1(0);
          """)
      }
      out.line("qc_turn(a);\nqc_store_rows(to + c, g->output_pixel_pitch, a, rows, n);")
    }
  }

  private func emitWordRows(into out: inout CSource) {
    out.line("const size_t pitch = g->input_channel_pitch;")
    out.block("for (uint32_t c = 0; c < g->channels; c += 4)") { out in
      out.line(
        """
        const uint32_t n = qc_min(4, g->channels - c);
        const uint8_t *p = from + (size_t)c * pitch;
        vi a[4];
        a[0] = \(loaded("p"));
        a[1] = a[2] = a[3] = vi_set1(0);
        """)
      for k in 1..<4 { out.line("if (n > \(k)) a[\(k)] = \(loaded("p + \(k) * pitch"));") }
      out.line("qc_turn(a);")
      out.line("qc_store_rows(to + (size_t)c * 4, g->output_pixel_pitch, a, rows, 4 * n);")
    }
  }

  func emitDeinterleave(into out: inout CSource) {
    emitValue(into: &out)
    if inputBytes == 4 {
      emitTile(into: &out) { emitWordPlanes(into: &$0) }
      return
    }
    let parameters = "uint8_t *p, vi a, uint32_t rows, uint32_t n"
    out.block("QC_TILE void \(symbol)_quad(const \(arguments) *g, \(parameters))") { out in
      out.line("const size_t pitch = g->output_channel_pitch;")
      guard spec.family == .dequantize else {
        out.line("qc_store_planes(p, pitch, vi_xor(a, \(flip)), rows, n);")
        return
      }
      for k in 0..<4 {
        out.block(k == 0 ? "" : "if (n > \(k))") { out in
          out.line("const vi byte = vi_and(vi_srl(a, \(8 * k)), vi_set1(255));")
          emitPlane("p + \(k) * pitch", "byte", into: &out)
        }
      }
    }
    emitTile(into: &out) { emitBytePlanes(into: &$0) }
  }

  /// Stores what becomes of the vector `v`.
  private func emitPlane(_ pointer: String, _ v: String, into out: inout CSource) {
    let value = spec.family == .copy ? v : "\(symbol)_value(g, \(v))"
    let store = spec.family == .copy ? "vi_store" : self.store
    let type = spec.family == .dequantize ? "vf" : "vi"
    out.line(
      """
      const \(type) r = \(value);
      if (rows == VL) \(store)(\(pointer), r);
      else \(store)_n(\(pointer), r, rows);
      """)
  }

  private func emitBytePlanes(into out: inout CSource) {
    out.line("const size_t pitch = g->output_channel_pitch;")
    out.block("if (g->channels <= 4)") { out in
      out.line(
        """
        const vi a = qc_load_quads(from, g->input_pixel_pitch, rows, g->channels);
        \(symbol)_quad(g, to, a, rows, g->channels);
        return;
        """)
    }
    out.block("for (uint32_t c = 0; c < g->channels; c += 16)") { out in
      out.line(
        """
        const uint32_t n = qc_min(16, g->channels - c);
        uint8_t *p = to + (size_t)c * pitch;
        vi a[4];
        qc_load_rows(a, from + c, g->input_pixel_pitch, rows, n);
        qc_turn(a);
        \(symbol)_quad(g, p, a[0], rows, qc_min(4, n));
        """)
      for k in 1..<4 {
        out.line("if (n > \(4 * k))")
        out.line(
          "  \(symbol)_quad(g, p + \(4 * k) * pitch, a[\(k)], rows, qc_min(4, n - \(4 * k)));")
      }
    }
  }

  private func emitWordPlanes(into out: inout CSource) {
    out.line("const size_t pitch = g->output_channel_pitch;")
    out.block("for (uint32_t c = 0; c < g->channels; c += 4)") { out in
      out.line(
        """
        const uint32_t n = qc_min(4, g->channels - c);
        uint8_t *p = to + (size_t)c * pitch;
        vi a[4];
        qc_load_rows(a, from + (size_t)c * 4, g->input_pixel_pitch, rows, 4 * n);
        qc_turn(a);
        """)
      for k in 0..<4 {
        out.block(k == 0 ? "" : "if (n > \(k))") { out in
          let vector = spec.family == .quantize ? "vf_bits(a[\(k)])" : "a[\(k)]"
          emitPlane("p + \(k) * pitch", vector, into: &out)
        }
      }
    }
  }
}
