import KernelIR
import Targets

extension KernelEmitter {
  /// Emits `normf`: mean, variance and result in three passes over some rows; RMS norm in two.
  static let floatNormalization = KernelEmitter(
    .floatNormalization, FloatNormalizationKernel.layout
  ) { spec, target, out in
    FloatNormalizationEmitter(spec: spec, target: target).emit(into: &out)
  }
}

private struct FloatNormalizationEmitter {
  let spec: KernelSpec
  let target: CPUTarget

  private var isRMS: Bool { spec["rms"] == 1 }
  private var hasBias: Bool { spec["bias"] == 1 }
  private var hasAddend: Bool { spec["sum"] == 1 }
  private var hasFactors: Bool { spec["factor"] == 1 }
  private var storesFloats: Bool { spec["store"] != 1 }
  private var storesBytes: Bool { spec["store"] != 0 }
  private var arguments: String { FloatNormalizationKernel.layout.structName }

  func emit(into out: inout CSource) {
    let block = FloatNormalizationKernel.block
    for rows in [block, 1] { emitRows(rows, into: &out) }
    out.kernel(spec.symbol, FloatNormalizationKernel.layout) { out in
      out.line(
        """
        const char *in = (const char *)*buffers++ + (size_t)begin * g->input_pitch;
        const char *addend = in, *scale = 0, *bias = 0, *factors = 0;
        \(hasAddend ? "addend = (const char *)*buffers++ + (size_t)begin * g->input_pitch;" : "")
        scale = *buffers++;
        \(hasBias ? "bias = *buffers++;" : "")
        \(hasFactors ? "factors = *buffers++;" : "")
        uint8_t *bytes = 0;
        char *to = 0;
        \(storesBytes ? "bytes = (uint8_t *)*buffers++ + (size_t)begin * g->count;" : "")
        \(storesFloats ? "to = (char *)*buffers++ + (size_t)begin * g->output_pitch;" : "")
        uint32_t tile = begin;
        """)
      for rows in [block, 1] {
        out.block("for (; tile + \(rows) <= end; tile += \(rows))") { out in
          out.line(
            """
            \(spec.symbol)_rows_\(rows)(g, in, addend, scale, bias, factors, bytes, to, scratch);
            in += \(rows) * (size_t)g->input_pitch;
            addend += \(rows) * (size_t)g->input_pitch;
            \(storesBytes ? "bytes += \(rows) * (size_t)g->count;" : "")
            \(storesFloats ? "to += \(rows) * (size_t)g->output_pitch;" : "")
            """)
        }
      }
    }
  }

  /// `rows` rows side by side, so that the sums of one do not wait for those of another.
  private func emitRows(_ rows: Int, into out: inout CSource) {
    out.block(
      """
      static void \(spec.symbol)_rows_\(rows)(const \(arguments) *g, const char *in,
          const char *addend, const char *scale, const char *bias, const char *factors,
          uint8_t *bytes, char *to, float *kept)
      """
    ) { out in
      out.line(
        """
        const uint32_t count = g->count, whole = count & ~15u, n = count - whole;
        const qi lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
        const qi is_rest = lane < (int32_t)n;
        const size_t given = g->input_pitch;
        const size_t pitch = \(hasAddend ? "(size_t)((count + 15) & ~15u) * 4" : "given");
        """)
      emitSum(
        "first", rows, difference: "x", step: isRMS ? "qf_fma(d, d, first[r])" : "first[r] + d",
        isFirst: true, into: &out)
      if hasAddend { out.line("in = (const char *)kept;") }
      if !isRMS {
        emitJoined("mean", "first", rows, value: { "\($0) / (float)count" }, into: &out)
        emitSum(
          "second", rows, difference: "x - mean[r]", step: "qf_fma(d, d, second[r])",
          isFirst: false, into: &out)
      }
      emitJoined(
        "inverse", isRMS ? "first" : "second", rows,
        value: { "1 / qf_sqrt(\($0) / (float)count + g->epsilon)" }, into: &out)
      if storesBytes {
        out.line("const qf low = qf_set((float)(0 - g->zero_point)), high = low + 255;")
        if target.hasFMA {
          out.line("const qf below = (low - 1) * g->step, above = (high + 1) * g->step;")
        }
      }
      out.block("for (uint32_t i = 0; i < whole; i += 16)") { out in
        emitResult(rows, isRest: false, into: &out)
      }
      out.block("if (n)") { out in
        out.line("const uint32_t i = whole;")
        emitResult(rows, isRest: true, into: &out)
      }
    }
    out.blank()
  }

  private func eachRow(_ rows: Int, _ out: inout CSource, _ body: (inout CSource) -> Void) {
    out.block("QF_UNROLL for (uint32_t r = 0; r < \(rows); ++r)", body)
  }

  private func load(_ from: String, isRest: Bool) -> String {
    isRest ? "qf_load_n(\(from) + (size_t)i * 4, n, 0)" : "qf_load(\(from) + (size_t)i * 4)"
  }

  /// A reduction of each row in 16 lanes into the array `name`; the first one makes the rows, where
  /// they are sums of two, and keeps them.
  private func emitSum(
    _ name: String, _ rows: Int, difference: String, step: String, isFirst: Bool,
    into out: inout CSource
  ) {
    func emitStep(isRest: Bool, into out: inout CSource) {
      eachRow(rows, &out) { out in
        if isFirst && hasAddend {
          out.line(
            """
            const qf x = \(load("in + r * given", isRest: isRest)) +
                \(load("addend + r * given", isRest: isRest));
            qf_store((char *)kept + r * pitch + (size_t)i * 4, x);
            """)
        } else {
          out.line("const qf x = \(load("in + r * pitch", isRest: isRest));")
        }
        out.line("const qf d = \(difference);")
        out.line(
          "\(name)[r] = \(isRest ? "qf_select(is_rest, \(step), \(name)[r])" : step);")
      }
    }
    out.line("qf \(name)[\(rows)];")
    eachRow(rows, &out) { $0.line("\(name)[r] = qf_set(0);") }
    out.block("for (uint32_t i = 0; i < whole; i += 16)") { emitStep(isRest: false, into: &$0) }
    out.block("if (n)") { out in
      out.line("const uint32_t i = whole;")
      emitStep(isRest: true, into: &out)
    }
  }

  /// For each row a vector `name[r]` with what `value` makes of the joined lanes of `sums[r]`.
  private func emitJoined(
    _ name: String, _ sums: String, _ rows: Int, value: (String) -> String,
    into out: inout CSource
  ) {
    out.line("qf \(name)[\(rows)];")
    guard rows == 4 else {
      out.line("\(name)[0] = \(value("qf_set(qf_tree_add(\(sums)[0]))"));")
      return
    }
    out.line(
      "float \(name)s[16];\nqf_store(\(name)s, \(value("qf_trees_add(\(sums))")));")
    eachRow(rows, &out) { $0.line("\(name)[r] = qf_set(\(name)s[4 * r]);") }
  }

  /// One vector of each row, normalized and stored.
  private func emitResult(_ rows: Int, isRest: Bool, into out: inout CSource) {
    out.line("const qf factor = \(load("scale", isRest: isRest));")
    if hasBias { out.line("const qf more = \(load("bias", isRest: isRest));") }
    if hasFactors { out.line("const qf of_bytes = \(load("factors", isRest: isRest));") }
    let normalized = isRMS ? "x * inverse[r]" : "(x - mean[r]) * inverse[r]"
    eachRow(rows, &out) { out in
      out.line("const qf x = \(load("in + r * pitch", isRest: isRest));")
      out.line(
        hasBias
          ? "const qf y = qf_fma(\(normalized), factor, more);"
          : "const qf y = (\(normalized)) * factor;")
      if storesFloats {
        let place = "to + r * (size_t)g->output_pitch + (size_t)i * 4"
        out.line(isRest ? "qf_store_n(\(place), y, n);" : "qf_store(\(place), y);")
      }
      if storesBytes {
        emitBytes(into: &out)
        out.line("uint8_t *place = bytes + r * (size_t)count + i;")
        out.line(
          isRest
            ? "for (uint32_t j = 0; j < n; ++j) place[j] = q[j];"
            : "__builtin_memcpy(place, &q, 16);")
      }
    }
  }

  /// The bytes `q` of `y`.
  private func emitBytes(into out: inout CSource) {
    out.line("const qf z = \(hasFactors ? "y * of_bytes" : "y");")
    QuantizedBytes(target: target, value: "z", step: "g->step", zeroPoint: "g->zero_point")
      .emit(into: &out)
  }
}
