import KernelIR

extension KernelEmitter {
  /// Emits `softmaxf`: three passes over a row, or over 16 neighbouring columns; of short rows, 16
  /// at a time.
  static let floatSoftmax = KernelEmitter(
    .floatSoftmax, FloatSoftmaxKernel.layout
  ) { spec, _, out in
    let result = SoftmaxResult(kind: FloatSoftmaxKernel.Kind(rawValue: spec["kind"]) ?? .plain)
    out.kernel(spec.symbol, FloatSoftmaxKernel.layout) { out in
      out.line("const char *input = buffers[0];\nchar *output = buffers[1];")
      out.block("for (uint32_t tile = begin; tile < end; ++tile)") { out in
        if spec["short"] > 0 {
          ShortSoftmax(count: spec["short"], hasLanes: spec["lanes"] == 1, result: result)
            .emit(into: &out)
          return
        }
        out.line(
          """
          const uint32_t outer = tile / g->inner_tiles, c = tile % g->inner_tiles * 16;
          const char *in = input + (size_t)outer * g->input_pitch + (size_t)c * 4;
          char *to = output + (size_t)outer * g->output_pitch + (size_t)c * 4;
          """)
        if spec["columns"] == 1 {
          emitSoftmaxColumns(result, into: &out)
        } else {
          emitSoftmaxRow(result, hasLanes: spec["lanes"] == 1, into: &out)
        }
      }
    }
  }

  private static func emitSoftmaxRow(
    _ result: SoftmaxResult, hasLanes: Bool, into out: inout CSource
  ) {
    let count = "g->count"
    let infinity = "__builtin_inff()"
    if hasLanes {
      out.line("qf highest = qf_set(-\(infinity));")
      forEachVector("in", fill: "-\(infinity)", into: &out) { _ in
        "highest = qf_select(x > highest, x, highest);"
      }
      out.line("const qf m = qf_set(qf_tree_max(highest));")
      out.line("qf total = qf_set(0);")
    } else {
      out.line(
        """
        float highest = -\(infinity), total = 0;
        for (uint32_t i = 0; i < \(count); ++i) {
          const float x = ((const float *)in)[i];
          highest = x > highest ? x : highest;
        }
        const qf m = qf_set(highest);
        """)
    }
    // The exponentials, kept in the result unless it is the logarithm that is asked for.
    forEachVector("in", fill: "-\(infinity)", into: &out) { lanes in
      var lines = ["const qf e = qf_exp(x - m);"]
      if !result.isLog { lines.append("qf_store_n(to + (size_t)i * 4, e, \(lanes));") }
      if hasLanes {
        lines.append(
          lanes == "16"
            ? "total += e;"
            : """
            const qi lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
            total = qf_select(lane < (int32_t)(\(lanes)), total + e, total);
            """)
      } else {
        lines.append(
          """
          float terms[16];
          qf_store(terms, e);
          for (uint32_t l = 0; l < \(lanes); ++l) total += terms[l];
          """)
      }
      return lines.joined(separator: "\n")
    }
    out.line("const qf s = qf_set(\(hasLanes ? "qf_tree_add(total)" : "total"));")
    out.line(result.factor(sum: "s"))
    forEachVector(result.isLog ? "in" : "to", fill: "0", into: &out) { lanes in
      "qf_store_n(to + (size_t)i * 4, \(result.value(x: "x", exponential: "x", maximum: "m")), \(lanes));"
    }
  }

  /// A loop over the row at `from` in vectors `x` at element `i`, then the rest; `body` gets the
  /// C expression of how many lanes are real.
  private static func forEachVector(
    _ from: String, fill: String, into out: inout CSource, body: (String) -> String
  ) {
    out.block("") { out in
      out.line("uint32_t i = 0;")
      out.block("for (; i + 16 <= g->count; i += 16)") { out in
        out.line("const qf x = qf_load(\(from) + (size_t)i * 4);")
        out.line(body("16"))
      }
      out.block("if (i < g->count)") { out in
        out.line("const qf x = qf_load_n(\(from) + (size_t)i * 4, g->count - i, \(fill));")
        out.line(body("g->count - i"))
      }
    }
  }

  private static func emitSoftmaxColumns(_ result: SoftmaxResult, into out: inout CSource) {
    out.line(
      """
      const uint32_t lanes = g->inner - c < 16 ? g->inner - c : 16;
      const size_t step = (size_t)g->inner * 4;
      qf m = qf_set(-__builtin_inff()), s = qf_set(0);
      for (uint32_t i = 0; i < g->count; ++i) {
        const qf x = qf_load_n(in + i * step, lanes, 0);
        m = qf_select(x > m, x, m);
      }
      for (uint32_t i = 0; i < g->count; ++i) {
        const qf e = qf_exp(qf_load_n(in + i * step, lanes, 0) - m);
      """)
    if !result.isLog { out.line("  qf_store_n(to + i * step, e, lanes);") }
    out.line("  s += e;\n}")
    out.line(result.factor(sum: "s"))
    out.block("for (uint32_t i = 0; i < g->count; ++i)") { out in
      out.line(
        """
        const qf x = qf_load_n(\(result.isLog ? "in" : "to") + i * step, lanes, 0);
        qf_store_n(to + i * step, \(result.value(x: "x", exponential: "x", maximum: "m")), lanes);
        """)
    }
  }
}
