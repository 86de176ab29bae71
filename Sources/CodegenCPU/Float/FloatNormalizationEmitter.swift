import KernelIR
import Targets

extension KernelEmitter {
  /// Emits `normf`: mean, variance and result in three passes over the row; RMS norm in two.
  static let floatNormalization = KernelEmitter(
    .floatNormalization, FloatNormalizationKernel.layout
  ) { spec, target, out in
    let isRMS = spec["rms"] == 1
    let hasBias = spec["bias"] == 1
    let hasAddend = spec["sum"] == 1
    let (storesFloats, storesBytes) = (spec["store"] != 1, spec["store"] != 0)
    out.kernel(spec.symbol, FloatNormalizationKernel.layout) { out in
      out.line(
        """
        const char *input = *buffers++;
        \(hasAddend ? "const char *addend = *buffers++;" : "")
        const char *scale = *buffers++;
        \(hasBias ? "const char *bias = *buffers++;" : "")
        \(storesBytes ? "uint8_t *all_bytes = *buffers++;" : "")
        \(storesFloats ? "char *output = *buffers++;" : "")
        const uint32_t count = g->count, whole = count & ~15u;
        const qi lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
        const qi is_rest = lane < (int32_t)(count - whole);
        """)
      out.block("for (uint32_t tile = begin; tile < end; ++tile)") { out in
        out.line(
          """
          const char *in = input + (size_t)tile * g->input_pitch;
          """)
        if storesFloats { out.line("char *to = output + (size_t)tile * g->output_pitch;") }
        if storesBytes { out.line("uint8_t *bytes = all_bytes + (size_t)tile * count;") }
        if hasAddend { emitRowSum(into: &out) }
        if !isRMS {
          emitSum("total", difference: "x", step: "total + d", into: &out)
          out.line("const qf mean = qf_set(qf_tree_add(total) / (float)count);")
        }
        emitSum(
          "squares", difference: isRMS ? "x" : "x - mean", step: "qf_fma(d, d, squares)",
          into: &out)
        out.line(
          """
          const qf variance = qf_set(qf_tree_add(squares) / (float)count);
          const qf inverse = 1 / qf_sqrt(variance + g->epsilon);
          """)
        let normalized = isRMS ? "x * inverse" : "(x - mean) * inverse"
        func value(_ load: (String) -> String) -> String {
          hasBias
            ? "qf_fma(\(normalized), \(load("scale")), \(load("bias")))"
            : "(\(normalized)) * \(load("scale"))"
        }
        out.block("for (uint32_t i = 0; i < whole; i += 16)") { out in
          out.line("const qf x = qf_load(in + (size_t)i * 4);")
          out.line("const qf y = \(value { "qf_load(\($0) + (size_t)i * 4)" });")
          if storesFloats { out.line("qf_store(to + (size_t)i * 4, y);") }
          if storesBytes {
            emitBytes(hasFMA: target.hasFMA, into: &out)
            out.line("__builtin_memcpy(bytes + i, &q, 16);")
          }
        }
        out.block("if (whole < count)") { out in
          out.line("const uint32_t n = count - whole;")
          out.line("const qf x = qf_load_n(in + (size_t)whole * 4, n, 0);")
          let rest = value { "qf_load_n(\($0) + (size_t)whole * 4, n, 0)" }
          out.line("const qf y = \(rest);")
          if storesFloats { out.line("qf_store_n(to + (size_t)whole * 4, y, n);") }
          if storesBytes {
            emitBytes(hasFMA: target.hasFMA, into: &out)
            out.line("for (uint32_t i = 0; i < n; ++i) bytes[whole + i] = q[i];")
          }
        }
      }
    }
  }

  /// The sum of the rows at `in` and at the addend goes to the scratch, and is `in` from then on.
  private static func emitRowSum(into out: inout CSource) {
    out.line(
      """
      const char *more = addend + (size_t)tile * g->input_pitch;
      for (uint32_t i = 0; i < whole; i += 16) {
        qf_store((float *)scratch + i, qf_load(in + (size_t)i * 4) + qf_load(more + (size_t)i * 4));
      }
      if (whole < count) {
        const uint32_t n = count - whole;
        qf_store((float *)scratch + whole, qf_load_n(in + (size_t)whole * 4, n, 0) +
                                               qf_load_n(more + (size_t)whole * 4, n, 0));
      }
      in = scratch;
      """)
  }

  /// The bytes `q` of `y`. The quotient is taken of what is clamped to a step beyond the bounds.
  private static func emitBytes(hasFMA: Bool, into out: inout CSource) {
    out.line("const qf low = qf_set((float)(0 - g->zero_point)), high = low + 255;")
    if hasFMA {
      out.line(
        """
        const qf below = (low - 1) * g->step, above = (high + 1) * g->step;
        qf v = y > below ? y : below;
        v = v < above ? v : above;
        qf t = v * g->inverse_step;
        t = qf_fma(qf_fma(-t, qf_set(g->step), v), qf_set(g->inverse_step), t);
        """)
    } else {
      out.line("qf t = y / g->step;")
    }
    out.line(
      """
      t = t > low ? t : low;
      t = t < high ? t : high;
      const qi rounded = qf_bits(t + 0x1.8p23f) + g->zero_point;
      const qb q = __builtin_convertvector(rounded, qb);
      """)
  }

  /// A reduction of the row at `in` in 16 lanes into the `qf` variable `name`.
  private static func emitSum(
    _ name: String, difference: String, step: String, into out: inout CSource
  ) {
    out.line("qf \(name) = qf_set(0);")
    out.block("for (uint32_t i = 0; i < whole; i += 16)") { out in
      out.line("const qf x = qf_load(in + (size_t)i * 4);")
      out.line("const qf d = \(difference);")
      out.line("\(name) = \(step);")
    }
    out.block("if (whole < count)") { out in
      out.line("const qf x = qf_load_n(in + (size_t)whole * 4, count - whole, 0);")
      out.line("const qf d = \(difference);")
      out.line("\(name) = qf_select(is_rest, \(step), \(name));")
    }
  }
}
