import KernelIR
import Targets
import Tensors

extension KernelEmitter {
  /// Emits `rotary`: 16 pairs at a time, or 16 elements of heads that lie behind each other.
  static let rotary = KernelEmitter(.rotary, RotaryKernel.layout) { spec, target, out in
    RotaryEmitter(spec: spec, target: target).emit(into: &out)
  }
}

private struct RotaryEmitter {
  let spec: KernelSpec
  let target: CPUTarget

  private var symbol: String { spec.symbol }
  private var arguments: String { RotaryKernel.layout.structName }
  private var readsBytes: Bool { spec.operands[0] == .u8 }
  private var storesBytes: Bool { spec.operands[2] == .u8 }
  private var isInterleaved: Bool { spec["interleaved"] == 1 }
  /// Elements of a head that shares vectors with others; 0 when none does.
  private var packed: Int { spec["packed"] }

  func emit(into out: inout CSource) {
    emitLoad(into: &out)
    emitStore(into: &out)
    emitHead(into: &out)
    if packed > 0 { emitPackedRow(into: &out) }
    out.kernel(symbol, RotaryKernel.layout) { out in
      // Stores of bytes do not reach a copy of the record, whose words then stay in registers.
      out.line("const \(arguments) own = *g;")
      out.line("char *x = buffers[0], *cosine = buffers[1], *sine = buffers[2], *out = buffers[3];")
      StridedWalk(layout: RotaryKernel.layout, operands: RotaryKernel.names).emit(into: &out) {
        emitRow(into: &$0)
      }
    }
  }

  /// The heads of one row.
  private func emitRow(into out: inout CSource) {
    if packed > 0 {
      out.block(
        """
        if (x_step == \(packed * (readsBytes ? 1 : 4)) && out_step == \(packed * (storesBytes ? 1 : 4)) &&
            cosine_step == 0 && sine_step == 0)
        """
      ) { $0.line("\(symbol)_row(&own, x_p, cosine_p, sine_p, out_p, count * \(packed));") }
      out.line("else")
    }
    out.block("for (uint32_t i = 0; i < count; ++i)") {
      $0.line(
        """
        \(symbol)_head(&own, x_p + (intptr_t)i * x_step, cosine_p + (intptr_t)i * cosine_step,
            sine_p + (intptr_t)i * sine_step, out_p + (intptr_t)i * out_step);
        """)
    }
  }

  // MARK: Elements

  /// `n` elements from element `i` on as numbers.
  private func emitLoad(into out: inout CSource) {
    out.block("QF qf \(symbol)_load(const \(arguments) *g, const char *x, uint32_t i, uint32_t n)")
    {
      out in
      guard readsBytes else {
        out.line("return qf_load_n(x + (size_t)i * 4, n, 0);")
        return
      }
      out.line(
        """
        qb q = 0;
        if (n >= 16) __builtin_memcpy(&q, x + i, 16);
        else for (uint32_t j = 0; j < n; ++j) q[j] = (uint8_t)x[i + j];
        const qi difference = __builtin_convertvector(q, qi) - g->x_zero_point;
        return __builtin_convertvector(difference, qf) * g->x_step;
        """)
    }
    out.blank()
  }

  /// Stores `n` elements from element `i` on.
  private func emitStore(into out: inout CSource) {
    out.block(
      "QF void \(symbol)_store(const \(arguments) *g, char *to, uint32_t i, qf y, uint32_t n)"
    ) { out in
      guard storesBytes else {
        out.line("qf_store_n(to + (size_t)i * 4, y, n);")
        return
      }
      out.line("const qf low = qf_set((float)(0 - g->out_zero_point)), high = low + 255;")
      if target.hasFMA {
        out.line("const qf below = (low - 1) * g->out_step, above = (high + 1) * g->out_step;")
      }
      QuantizedBytes(
        target: target, value: "y", step: "g->out_step", zeroPoint: "g->out_zero_point"
      )
      .emit(into: &out)
      out.line(
        """
        if (n >= 16) __builtin_memcpy(to + i, &q, 16);
        else for (uint32_t j = 0; j < n; ++j) to[i + j] = (char)q[j];
        """)
    }
    out.blank()
  }

  // MARK: Heads

  private func emitHead(into out: inout CSource) {
    out.block(
      """
      QF void \(symbol)_head(const \(arguments) *g, const char *x, const char *cosine,
          const char *sine, char *to)
      """
    ) { out in
      isInterleaved ? emitNeighbours(into: &out) : emitHalves(into: &out)
      out.block("for (uint32_t i = g->size; i < g->width; i += 16)") {
        $0.line(
          """
          const uint32_t n = qc_min(16, g->width - i);
          \(symbol)_store(g, to, i, \(symbol)_load(g, x, i, n), n);
          """)
      }
    }
    out.blank()
  }

  /// 16 pairs whose elements lie half of the turning ones apart.
  private func emitHalves(into out: inout CSource) {
    out.line("const uint32_t half = g->size / 2;")
    emitVectors("half", into: &out) { n, out in
      out.line(
        """
        const qf a = \(symbol)_load(g, x, i, \(n)), b = \(symbol)_load(g, x, half + i, \(n));
        const qf c = qf_load_n(cosine + (size_t)i * 4, \(n), 0);
        const qf s = qf_load_n(sine + (size_t)i * 4, \(n), 0);
        \(symbol)_store(g, to, i, a * c - b * s, \(n));
        \(symbol)_store(g, to, half + i, b * c + a * s, \(n));
        """)
    }
  }

  /// Eight pairs of neighbours, each with its angle in both lanes.
  private func emitNeighbours(into out: inout CSource) {
    out.line("const qi flip = {\(list { $0 % 2 == 0 ? "INT32_MIN" : "0" })};")
    emitVectors("g->size", into: &out) { n, out in
      out.line("const qf v = \(symbol)_load(g, x, i, \(n));")
      emitAngles("c", "cosine", n, into: &out)
      emitAngles("s", "sine", n, into: &out)
      out.line(turn(partner: { $0 ^ 1 }))
      out.line("\(symbol)_store(g, to, i, y, \(n));")
    }
  }

  /// `body` for vectors from place `i` on, of `n` of `count` places. A last vector that is not whole
  /// overlaps the one before, whose places it repeats; fewer than 16 places are one vector.
  private func emitVectors(
    _ count: String, into out: inout CSource, body: (_ n: String, inout CSource) -> Void
  ) {
    out.block("if (\(count) >= 16)") { out in
      out.block("for (uint32_t i = 0;;)") { out in
        body("16", &out)
        out.line(
          """
          if (i + 16 == \(count)) break;
          i = i + 32 <= \(count) ? i + 16 : \(count) - 16;
          """)
      }
    }
    out.block("else") { out in
      out.line("const uint32_t i = 0, n = \(count);")
      body("n", &out)
    }
  }

  /// The angles of the pairs from element `i` on, each in two lanes.
  private func emitAngles(
    _ name: String, _ from: String, _ n: String, into out: inout CSource
  ) {
    out.line(
      """
      qf8 \(name)8 = 0;
      if (\(n) >= 16) __builtin_memcpy(&\(name)8, \(from) + (size_t)i * 2, 32);
      else for (uint32_t j = 0; j < \(n) / 2; ++j) {
        float angle;
        __builtin_memcpy(&angle, \(from) + (size_t)i * 2 + 4 * j, 4);
        \(name)8[j] = angle;
      }
      const qf \(name) = __builtin_shufflevector(\(name)8, \(name)8, \(list { "\($0 / 2)" }));
      """)
  }

  /// `count` elements of whole heads with the same angles, which repeat from head to head.
  private func emitPackedRow(into out: inout CSource) {
    let (pairs, isInterleaved) = (packed / 2, isInterleaved)
    func place(_ lane: Int) -> Int { lane % packed }
    func isFirst(_ lane: Int) -> Bool {
      isInterleaved ? place(lane) % 2 == 0 : place(lane) < pairs
    }
    func angles(_ name: String, _ from: String) -> String {
      guard pairs > 1 else {
        return "float \(name)1;\n__builtin_memcpy(&\(name)1, \(from), 4);\n"
          + "const qf \(name) = qf_set(\(name)1);"
      }
      let lanes = list { "\(isInterleaved ? place($0) / 2 : place($0) % pairs)" }
      return """
        qf\(pairs) own_\(name);
        __builtin_memcpy(&own_\(name), \(from), \(4 * pairs));
        const qf \(name) = __builtin_shufflevector(own_\(name), own_\(name), \(lanes));
        """
    }
    out.block(
      """
      QF void \(symbol)_row(const \(arguments) *g, const char *x, const char *cosine,
          const char *sine, char *to, uint32_t count)
      """
    ) { out in
      out.line("const qi flip = {\(list { isFirst($0) ? "INT32_MIN" : "0" })};")
      out.line(angles("c", "cosine"))
      out.line(angles("s", "sine"))
      func emitVector(_ n: String, into out: inout CSource) {
        out.line(
          """
          const qf v = \(symbol)_load(g, x, i, \(n));
          \(turn(partner: { isInterleaved ? $0 ^ 1 : $0 ^ pairs }))
          \(symbol)_store(g, to, i, y, \(n));
          """)
      }
      out.line("uint32_t i = 0;")
      out.block("for (; i + 16 <= count; i += 16)") { emitVector("16", into: &$0) }
      out.block("if (i < count)") { out in
        out.line("const uint32_t n = count - i;")
        emitVector("n", into: &out)
      }
    }
    out.blank()
  }

  /// `y`, the elements `v` turned by angles in all lanes; `flip` has the signs of first elements.
  private func turn(partner: (Int) -> Int) -> String {
    """
    const qf w = __builtin_shufflevector(v, v, \(list { "\(partner($0))" }));
    const qf y = v * c + w * qf_from_bits(qf_bits(s) ^ flip);
    """
  }

  /// One word for each of 16 lanes.
  private func list(_ word: (Int) -> String) -> String {
    (0..<16).map(word).joined(separator: ", ")
  }
}
