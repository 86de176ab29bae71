import KernelIR

extension KernelEmitter {
  /// Emits `reduce`: along contiguous rows in 16 lanes, or for 16 neighbouring results at a time.
  static let reduce = KernelEmitter(.reduce, ReduceKernel.layout) { spec, _, out in
    guard let kind = spec.parameters.lazy.compactMap({ ReduceKernel.Kind(symbol: $0.name) }).first
    else { preconditionFailure("\(spec.symbol) reduces nothing") }
    let step = ReduceStep(kind: kind)
    out.kernel(spec.symbol, ReduceKernel.layout) { out in
      out.line("const char *input = buffers[0];\nchar *output = buffers[1];")
      out.block("for (uint32_t tile = begin; tile < end; ++tile)") { out in
        out.line(
          """
          uint32_t outer = tile / g->inner_tiles;
          const uint32_t first = tile % g->inner_tiles * \(ReduceKernel.tileElements);
          const uint32_t rest = g->inner - first;
          const uint32_t limit = \(ReduceKernel.tileElements);
          const uint32_t count = rest < limit ? rest : limit;
          const char *in = input + g->input_origin + (size_t)first * 4;
          char *to = output + g->output_origin + (size_t)first * 4;
          """)
        for axis in (0..<3).reversed() {
          out.line(
            """
            in += (intptr_t)(outer % g->outer\(axis)) * g->input_outer\(axis);
            to += (intptr_t)(outer % g->outer\(axis)) * g->output_outer\(axis);
            outer /= g->outer\(axis);
            """)
        }
        if spec["rows"] == 1 {
          step.emitRow(into: &out)
        } else {
          step.emitColumns(hasLanes: spec["lanes"] == 1, into: &out)
        }
      }
    }
  }
}

/// The arithmetic of one reduction.
struct ReduceStep {
  let kind: ReduceKernel.Kind

  /// What a chain starts with.
  var start: String {
    switch kind {
    case .sum, .mean, .sumOfSquares, .l1, .l2: "0"
    case .prod: "1"
    case .max: "-__builtin_inff()"
    case .min: "__builtin_inff()"
    }
  }

  /// The chain `acc`, in 16 lanes, one element `x` further.
  func step(_ acc: String, _ x: String) -> String {
    switch kind {
    case .sum, .mean: "\(acc) + \(x)"
    case .sumOfSquares, .l2: "qf_fma(\(x), \(x), \(acc))"
    case .l1: "\(acc) + qf_abs(\(x))"
    case .prod: "\(acc) * \(x)"
    case .max: "qf_select(\(x) > \(acc), \(x), \(acc))"
    case .min: "qf_select(\(x) < \(acc), \(x), \(acc))"
    }
  }

  /// The lower lane `a` joined with the higher one `b`.
  private func join(_ a: String, _ b: String) -> String {
    switch kind {
    case .sum, .mean, .sumOfSquares, .l2, .l1: "\(a) + \(b)"
    case .prod: "\(a) * \(b)"
    case .max: "qf_select(\(b) > \(a), \(b), \(a))"
    case .min: "qf_select(\(b) < \(a), \(b), \(a))"
    }
  }

  private var tree: String {
    switch kind {
    case .sum, .mean, .sumOfSquares, .l2, .l1: "qf_tree_add"
    case .prod: "qf_tree_mul"
    case .max: "qf_tree_max"
    case .min: "qf_tree_min"
    }
  }

  /// What follows the sum in the `qf` variable `value`.
  private func finish(_ value: String) -> String {
    switch kind {
    case .mean: "\(value) = \(value) / (float)g->count;"
    case .l2: "\(value) = qf_sqrt(\(value));"
    case .sum, .sumOfSquares, .l1, .prod, .max, .min: ""
    }
  }

  /// A contiguous row at `in` to the one float at `to`.
  func emitRow(into out: inout CSource) {
    out.line("(void)count;")
    out.line("qf acc = qf_set(\(start));")
    out.line("uint32_t i = 0;")
    out.line(
      """
      for (; i + 16 <= g->count; i += 16) {
        const qf x = qf_load(in + (size_t)i * 4);
        acc = \(step("acc", "x"));
      }
      """)
    out.block("if (i < g->count)") { out in
      // Lanes without an element keep their value.
      out.line(
        """
        const qf x = qf_load_n(in + (size_t)i * 4, g->count - i, 0);
        const qi lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
        acc = qf_select(lane < (int32_t)(g->count - i), \(step("acc", "x")), acc);
        """)
    }
    out.line("qf v = qf_set(\(tree)(acc));")
    out.line(finish("v"))
    out.line("qf_store_n(to, v, 1);")
  }

  /// `count` neighbouring results, each over all reduced axes.
  func emitColumns(hasLanes: Bool, into out: inout CSource) {
    out.block("for (uint32_t c = 0; c < count; c += 16)") { out in
      out.line("const uint32_t lanes = count - c < 16 ? count - c : 16;")
      out.line(hasLanes ? "qf part[16];" : "qf acc = qf_set(\(start));")
      if hasLanes {
        out.line("for (int l = 0; l < 16; ++l) part[l] = qf_set(\(start));")
        out.line("uint32_t i = 0;")
      }
      let acc = hasLanes ? "part[i & 15]" : "acc"
      out.line("for (uint32_t r0 = 0; r0 < g->reduced0; ++r0)")
      out.line("for (uint32_t r1 = 0; r1 < g->reduced1; ++r1)")
      out.block("for (uint32_t r2 = 0; r2 < g->reduced2; ++r2)") { out in
        out.line(
          """
          const char *from = in + (size_t)c * 4 + (intptr_t)r0 * g->input_reduced0 +
              (intptr_t)r1 * g->input_reduced1 + (intptr_t)r2 * g->input_reduced2;
          const qf x = qf_load_n(from, lanes, 0);
          \(acc) = \(step(acc, "x"));
          """)
        if hasLanes { out.line("++i;") }
      }
      if hasLanes {
        out.block("for (int half = 8; half > 0; half /= 2)") { out in
          out.line(
            "for (int l = 0; l < half; ++l) part[l] = \(join("part[l]", "part[l + half]"));")
        }
        out.line("qf acc = part[0];")
      }
      out.line(finish("acc"))
      out.line("qf_store_n(to + (size_t)c * 4, acc, lanes);")
    }
  }
}
