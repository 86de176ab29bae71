import KernelIR
import Targets
import Tensors

/// Writes a `quantize`, `dequantize` or `copy` kernel.
func emitConversion(_ spec: KernelSpec, _ target: CPUTarget, _ out: inout CSource) {
  ConversionEmitter(spec: spec, target: target).emit(into: &out)
}

struct ConversionEmitter {
  let spec: KernelSpec
  let target: CPUTarget

  var symbol: String { spec.symbol }
  var inputBytes: Int { spec.operands[0].bitWidth / 8 }
  var outputBytes: Int { spec.operands[1].bitWidth / 8 }

  private var form: ConversionKernel.Form {
    guard let form = ConversionKernel.Form(rawValue: spec["form"]) else {
      preconditionFailure("\(symbol) is no conversion")
    }
    return form
  }

  /// Whether four vectors are rounded, and narrowed to bytes at once.
  var narrows: Bool { spec.family == .quantize && spec.operands[1] == .u8 && target.hasFMA }

  func emit(into out: inout CSource) {
    if narrows { emitSteps(into: &out) }
    switch form {
    case .runs: emitRun(into: &out)
    case .lines: emitStrided(into: &out)
    case .interleave: emitInterleave(into: &out)
    case .deinterleave: emitDeinterleave(into: &out)
    }
    out.kernel(symbol, ConversionKernel.layout) { out in
      out.line("const uint8_t *input = (const uint8_t *)buffers[0] + g->input_origin;")
      out.line("uint8_t *output = buffers[1];")
      out.line(
        """
        const qc_halo halo = {g->halo_top, g->halo_bottom, g->halo_left, g->halo_right,
            g->halo_byte, g->rows, g->halo_row_pixels, g->halo_pixel_bytes, g->output_pixel_pitch,
            g->output_row_pitch};
        const int has_halo = (g->halo_top | g->halo_bottom | g->halo_left | g->halo_right) != 0;
        """)
      out.rowTiles { out in
        out.line(
          """
          const uint8_t *from = input + (size_t)image * g->input_image_pitch +
              (size_t)y * g->input_row_pitch;
          """)
        switch form {
        case .runs:
          out.line("for (uint32_t x = 0; x < g->pixels; ++x)")
          out.line("  \(symbol)_run(g, from + (size_t)x * g->input_pixel_pitch,")
          out.line("      p + (size_t)x * g->output_pixel_pitch, g->channels);")
        case .lines:
          out.line("for (uint32_t c = 0; c < g->channels; ++c)")
          out.line("  \(symbol)_line(g, from + (size_t)c * g->input_channel_pitch,")
          out.line("      p + (size_t)c * g->output_channel_pitch, g->pixels);")
        case .interleave, .deinterleave:
          out.line("\(symbol)_row(*g, from, p);")
        }
        out.line("if (has_halo) qc_fill_halo(&halo, p, y);")
      }
    }
  }

  /// `S_steps`: the rounded quotient of each lane, before the zero point is added. What lies below the
  /// result's bounds, NaN and −∞ included, may be INT_MIN, which saturates to the least of them.
  private func emitSteps(into out: inout CSource) {
    out.block("static inline vi \(symbol)_steps(const qc_conversion_args *g, vf v)") { out in
      out.line(
        """
        const vf scale = vf_set1(g->scale), inverse = vf_set1(g->inverse_scale);
        const vf x = vf_min(vf_set1(g->high), v);
        """)
      emitQuotient(into: &out)
      out.line("return vi_round(quotient);")
    }
    out.blank()
  }

  /// The exact quotient of `x` and `scale` by one multiplication and one correction.
  private func emitQuotient(into out: inout CSource) {
    out.line(
      """
      const vf t = vf_mul(x, inverse);
      const vf error = vf_fma(vf_mul(t, vf_set1(-1.0f)), scale, x);
      const vf quotient = vf_fma(error, inverse, t);
      """)
  }

  /// The vectors that ``clamped(_:)`` and the narrowing need.
  func emitByteConstants(into out: inout CSource) {
    out.line(
      """
      const vi zero_words = vi_words(vi_set1(g->zero_point));
      const vi first = vi_set1_bytes((uint8_t)g->qmin), last = vi_set1_bytes((uint8_t)g->qmax);
      """)
  }

  /// The C expression of narrowed bytes within the result's bounds.
  func clamped(_ bytes: String) -> String { "vi_max_u8(vi_min_u8(\(bytes), last), first)" }

  /// The scalars of the record as vectors, for the arithmetic.
  func emitConstants(into out: inout CSource) {
    if spec.family == .quantize {
      out.line(
        """
        const vf low = vf_set1(g->low), high = vf_set1(g->high), scale = vf_set1(g->scale);
        const vf inverse = vf_set1(g->inverse_scale);
        const vi zero = vi_set1(g->zero_point);
        const vi qmin = vi_set1(g->qmin), qmax = vi_set1(g->qmax);
        """)
      if !target.hasFMA { out.line("(void)inverse;") }
    } else {
      out.line("const vf scale = vf_set1(g->scale);")
      out.line("const vi zero = vi_set1(g->zero_point);")
    }
  }

  /// From the loaded vector `v` to the vector `r` that is stored.
  func emitArithmetic(into out: inout CSource) {
    guard spec.family == .quantize else {
      out.line("const vf r = vf_mul(vf_from_vi(vi_sub(v, zero)), scale);")
      return
    }
    out.line("const vf x = vf_min(vf_max(v, low), high);")
    if target.hasFMA {
      emitQuotient(into: &out)
    } else {
      out.line("const vf quotient = vf_div(x, scale);")
    }
    out.line("const vi r = vi_min(vi_max(vi_add(vi_round(quotient), zero), qmin), qmax);")
  }

  var load: String {
    spec.family == .quantize ? "vf_load" : "vi_load_\(spec.operands[0].storageName)"
  }
  var store: String {
    spec.family == .quantize ? "vi_store_\(spec.operands[1].storageName)" : "vf_store"
  }
  /// The C type of the integers of one side.
  private func integerType(_ side: Int) -> String {
    spec.operands[side] == .i16 ? "int16_t" : "uint8_t"
  }
  var vector: String { spec.family == .quantize ? "vf" : "vi" }

  /// `S_run`: `count` neighbouring elements of both sides.
  private func emitRun(into out: inout CSource) {
    out.block(
      "static inline void \(symbol)_run(const qc_conversion_args *g, const uint8_t *from, uint8_t *to, uint32_t count)"
    ) { out in
      if spec.family == .copy {
        if inputBytes == 1 {
          out.line("const uint8_t flip = (uint8_t)g->flip;")
          out.line("for (uint32_t i = 0; i < count; ++i) to[i] = from[i] ^ flip;")
        } else {
          out.line("for (uint32_t i = 0; i < count; ++i)")
          out.line(
            "  __builtin_memcpy(to + (size_t)i * \(inputBytes), from + (size_t)i * \(inputBytes), \(inputBytes));"
          )
        }
        return
      }
      emitConstants(into: &out)
      out.line("uint32_t i = 0;")
      if narrows { emitFourVectors(into: &out) }
      for (header, suffix, count) in [
        ("for (; i + VL <= count; i += VL)", "", ""), ("if (i < count)", "_n", ", count - i"),
      ] {
        out.block(header) { out in
          out.line(
            "const \(vector) v = \(load)\(suffix)(from + (size_t)i * \(inputBytes)\(count));")
          emitArithmetic(into: &out)
          out.line("\(store)\(suffix)(to + (size_t)i * \(outputBytes), r\(count));")
        }
      }
    }
    out.blank()
  }

  private func emitFourVectors(into out: inout CSource) {
    emitByteConstants(into: &out)
    out.block("for (; i + 4 * VL <= count; i += 4 * VL)") { out in
      for k in 0..<4 {
        out.line(
          "const vi r\(k) = \(symbol)_steps(g, vf_load(from + (size_t)(i + \(k) * VL) * 4));")
      }
      out.line("const vi b = vi_narrow4(r0, r1, r2, r3, zero_words);")
      out.line("vi_store(to + i, \(clamped("b")));")
    }
  }

  /// `S_line`: one channel of `count` pixels, either side strided.
  private func emitStrided(into out: inout CSource) {
    out.block(
      "static inline void \(symbol)_line(const qc_conversion_args *g, const uint8_t *from, uint8_t *to, uint32_t count)"
    ) { out in
      if spec.family == .copy {
        if inputBytes == 1 { out.line("const uint8_t flip = (uint8_t)g->flip;") }
        out.block("for (uint32_t i = 0; i < count; ++i)") { out in
          let target = "to + (size_t)i * g->output_pixel_pitch"
          let source = "from + (size_t)i * g->input_pixel_pitch"
          out.line(
            inputBytes == 1
              ? "*(\(target)) = *(\(source)) ^ flip;"
              : "__builtin_memcpy(\(target), \(source), \(inputBytes));")
        }
        return
      }
      emitConstants(into: &out)
      out.block("for (uint32_t i = 0; i < count; i += VL)") { out in
        out.line("const uint32_t n = qc_min(VL, count - i);")
        emitGather(into: &out)
        emitArithmetic(into: &out)
        emitScatter(into: &out)
      }
    }
    out.blank()
  }

  private func emitGather(into out: inout CSource) {
    if spec["inunit"] == 1 {
      out.line("const uint8_t *source = from + (size_t)i * \(inputBytes);")
      out.line("const \(vector) v = n == VL ? \(load)(source) : \(load)_n(source, n);")
    } else {
      let type = spec.family == .quantize ? "float" : integerType(0)
      out.line("\(type) gathered[VL] = {0};")
      out.line("for (uint32_t j = 0; j < n; ++j)")
      out.line("  gathered[j] = *(const \(type) *)(from + (size_t)(i + j) * g->input_pixel_pitch);")
      out.line("const \(vector) v = \(load)(gathered);")
    }
  }

  private func emitScatter(into out: inout CSource) {
    if spec["outunit"] == 1 {
      out.line("uint8_t *target = to + (size_t)i * \(outputBytes);")
      out.line("if (n == VL) \(store)(target, r);\nelse \(store)_n(target, r, n);")
    } else {
      let type = spec.family == .quantize ? integerType(1) : "float"
      out.line("\(type) scattered[VL];\n\(store)(scattered, r);")
      out.line("for (uint32_t j = 0; j < n; ++j)")
      out.line("  *(\(type) *)(to + (size_t)(i + j) * g->output_pixel_pitch) = scattered[j];")
    }
  }
}
