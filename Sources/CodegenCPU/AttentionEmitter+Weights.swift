import KernelIR
import QuantMath
import Targets

extension AttentionEmitter {
  /// `S_largest` and `S_weights`: the largest scores of rows; rows of scores to bytes, and the factor
  /// of each row's sums. Both see the first `panels` panels of keys.
  ///
  /// One step after the other for all rows, so that rows overlap. No clamp is needed: the largest
  /// exponential is 1, so that no weight exceeds 1, and the low byte of a NaN is 0, as the masks
  /// hold none but the plain one.
  func emitWeights(into out: inout CSource) {
    out.block(
      """
      static void \(symbol)_largest(const \(arguments) *g, const float *x, const qf *most,
          float *largest, uint32_t rows, uint32_t panels)
      """
    ) { out in
      if !keepsMaxima { emitMaxima(into: &out) }
      out.line(joined("largest", "qf_trees_max(most + r)"))
    }
    out.blank()
    out.block(
      """
      static void \(symbol)_weights(const \(arguments) *g, float *x, const float *largest, uint8_t *p,
          float *factors, uint32_t rows, uint32_t panels)
      """
    ) { out in
      out.line(extents)
      if isNormalized { emitNormalized(into: &out) } else { emitUnnormalized(into: &out) }
    }
    out.blank()
  }

  private var extents: String {
    "const size_t step = (size_t)g->key_panels * 16, count = (size_t)panels * 16;"
  }

  /// The largest score of each row, lane by lane.
  private func emitMaxima(into out: inout CSource) {
    out.line("\(extents)\n\(rowVectors("found"))")
    eachRow(&out) { out in
      out.line(
        """
        qf highest = qf_set(-__builtin_inff());
        for (size_t i = 0; i < count; i += 16) {
          const qf v = qf_load(x + r * step + i);
          highest = v > highest ? v : highest;
        }
        found[r] = highest;
        """)
    }
    out.line("most = found;")
  }

  /// What `four` makes of the lanes of the rows from r on: of row r at 4 · r.
  private func joined(_ name: String, _ four: String) -> String {
    let count = AttentionKernel.strip
    return "QF_UNROLL for (int r = 0; r < \(count); r += 4) qf_store(\(name) + 4 * r, \(four));"
  }

  /// One vector for each row that a strip can have, 0 at first.
  func rowVectors(_ name: String) -> String {
    let count = AttentionKernel.strip
    return
      "qf \(name)[\(count)];\nQF_UNROLL for (int r = 0; r < \(count); ++r) \(name)[r] = qf_set(0);"
  }

  private func eachRow(_ out: inout CSource, _ body: (inout CSource) -> Void) {
    out.block("for (uint32_t r = 0; r < rows; ++r)", body)
  }

  /// Integers of 0 ... 255 to bytes: the shift leaves them in the low bits.
  private var store: String {
    """
    const qi q = qf_bits(t + \(Float(0x1.8p23).cLiteral));
    const qb bytes = __builtin_convertvector(q, qb);
    __builtin_memcpy(p + r * step + i, &bytes, 16);
    """
  }

  private func emitNormalized(into out: inout CSource) {
    out.line(rowVectors("sums"))
    eachRow(&out) { out in
      out.line("const qf m = qf_set(largest[4 * r]);\nqf total = qf_set(0);")
      out.block("for (size_t i = 0; i < count; i += 16)") { out in
        out.line(
          """
          const qf e = qf_exp_down(qf_load(x + r * step + i) - m);
          qf_store(x + r * step + i, e);
          total += e;
          """)
      }
      out.line("sums[r] = total;")
    }
    out.line("float scales[\(4 * AttentionKernel.strip)];")
    out.line(joined("scales", "1 / qf_trees_add(sums + r)"))
    eachRow(&out) { out in
      out.line("const qf scale = qf_set(scales[4 * r]);\nfactors[r] = g->multiplier;")
      out.block("for (size_t i = 0; i < count; i += 16)") { out in
        out.line("const qf y = qf_load(x + r * step + i) * scale;")
        let steps = ProbabilitySteps.self
        out.line(
          target.hasFMA
            ? """
            const qf t = qf_fma(y, qf_set(\(steps.inverse.cLiteral)), qf_set(\(steps.nudge.cLiteral)));
            """ : "const qf t = y / \(steps.scale.cLiteral);")
        out.line(store)
      }
    }
  }

  private func emitUnnormalized(into out: inout CSource) {
    eachRow(&out) { out in
      out.line("const qf m = qf_set(largest[4 * r]);\nqi total = (qi)0;")
      out.block("for (size_t i = 0; i < count; i += 16)") { out in
        out.line("const qf t = qf_exp_down(qf_load(x + r * step + i) - m) * 255;")
        out.line(store)
        out.line("total += q & 255;")
      }
      out.line(
        """
        int32_t sum = 0;
        QF_UNROLL for (int l = 0; l < 16; ++l) sum += total[l];
        factors[r] = g->multiplier / (float)(sum > 1 ? sum : 1);
        """)
    }
  }
}
