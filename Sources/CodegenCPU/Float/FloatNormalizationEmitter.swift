import KernelIR

extension KernelEmitter {
  /// Emits `normf`: mean, variance and result in three passes over the row; RMS norm in two.
  static let floatNormalization = KernelEmitter(
    .floatNormalization, FloatNormalizationKernel.layout
  ) { spec, _, out in
    let isRMS = spec["rms"] == 1
    let hasBias = spec["bias"] == 1
    out.kernel(spec.symbol, FloatNormalizationKernel.layout) { out in
      out.line(
        """
        const char *input = buffers[0], *scale = buffers[1];
        \(hasBias ? "const char *bias = buffers[2];" : "")
        char *output = buffers[\(hasBias ? 3 : 2)];
        const uint32_t count = g->count, whole = count & ~15u;
        const qi lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
        const qi is_rest = lane < (int32_t)(count - whole);
        """)
      out.block("for (uint32_t tile = begin; tile < end; ++tile)") { out in
        out.line(
          """
          const char *in = input + (size_t)tile * g->input_pitch;
          char *to = output + (size_t)tile * g->output_pitch;
          """)
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
          out.line("qf_store(to + (size_t)i * 4, \(value { "qf_load(\($0) + (size_t)i * 4)" }));")
        }
        out.block("if (whole < count)") { out in
          out.line("const uint32_t n = count - whole;")
          out.line("const qf x = qf_load_n(in + (size_t)whole * 4, n, 0);")
          let rest = value { "qf_load_n(\($0) + (size_t)whole * 4, n, 0)" }
          out.line("qf_store_n(to + (size_t)whole * 4, \(rest), n);")
        }
      }
    }
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
