import KernelIR

extension KernelEmitter {
  /// Emits `interp`: two or four source positions per result position, from a table.
  static let interpolation = KernelEmitter(
    .interpolation, InterpolationKernel.layout
  ) { spec, _, out in
    let isLinear = spec["taps"] == 2
    out.kernel(spec.symbol, InterpolationKernel.layout) { out in
      out.line(
        """
        const char *input = buffers[0];
        const int32_t *positions = buffers[1];
        const float *weights = buffers[2];
        char *output = buffers[3];
        """)
      out.block("for (uint32_t tile = begin; tile < end; ++tile)") { out in
        if spec["inner"] == 1 {
          out.line("const char *in = input + (size_t)tile * g->extent * 4;")
          out.block("for (uint32_t r = 0; r < g->result_extent; ++r)") { out in
            let value = isLinear ? linear("r", lane: "0", "1") : cubic("r", lane: "0", "1")
            out.line("const qf v = \(value);")
            out.line("qf_store_n(output + ((size_t)tile * g->result_extent + r) * 4, v, 1);")
          }
        } else {
          out.line(
            """
            const uint32_t outer = tile / g->result_extent, r = tile % g->result_extent;
            const char *in = input + (size_t)outer * g->extent * g->inner * 4;
            char *to = output + (size_t)tile * g->inner * 4;
            """)
          out.block("for (uint32_t c = 0; c < g->inner; c += 16)") { out in
            out.line("const uint32_t n = g->inner - c < 16 ? g->inner - c : 16;")
            let value = isLinear ? linear("r", lane: "c", "n") : cubic("r", lane: "c", "n")
            out.line("const qf v = \(value);")
            out.line("qf_store_n(to + (size_t)c * 4, v, n);")
          }
        }
      }
    }
  }

  private static func tap(_ index: String, _ lane: String, _ n: String) -> String {
    "qf_load_n(in + ((size_t)positions[\(index)] * g->inner + \(lane)) * 4, \(n), 0)"
  }

  private static func linear(_ r: String, lane: String, _ n: String) -> String {
    let (low, high) = (tap("2 * \(r)", lane, n), tap("2 * \(r) + 1", lane, n))
    return "qf_fma(qf_set(weights[\(r)]), \(high) - \(low), \(low))"
  }

  private static func cubic(_ r: String, lane: String, _ n: String) -> String {
    (0..<4).reduce("qf_set(0)") { sum, i in
      "qf_fma(\(tap("4 * \(r) + \(i)", lane, n)), qf_set(weights[4 * \(r) + \(i)]), \(sum))"
    }
  }
}
