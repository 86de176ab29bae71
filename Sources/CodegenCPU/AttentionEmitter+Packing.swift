import Targets

extension AttentionEmitter {
  /// Brings one head's operands into the scratch.
  func emitPacking(into out: inout CSource) {
    emitPackKeys(into: &out)
    emitPackValues(into: &out)
    emitPackRows(into: &out)
    if hasMask { emitOpenPanels(into: &out) }
  }

  /// `[keys / 16][quads][16][4]` as s8, and for each key what the zero point of q adds. What lies
  /// behind the last key is not read as a score; behind the last column stands 0.
  private func emitPackKeys(into out: inout CSource) {
    out.block(
      """
      static void \(symbol)_pack_keys(const \(arguments) *g, const uint8_t *k, int8_t *to,
          int32_t *start)
      """
    ) { out in
      out.block("for (uint32_t first = 0; first < g->keys; first += 16)") { out in
        out.line(
          """
          char *panel = (char *)to + (size_t)first * \(quads * 4);
          const char *rows = (const char *)k + (intptr_t)first * g->k_row;
          const uint32_t count = qc_min(16, g->keys - first);
          uint32_t turned = 0; /* quads that are packed */
          """)
        out.block("if (count == 16)") { out in
          out.line(
            """
            for (; turned * 4 + 32 <= g->depth; turned += 8) {
              for (int j = 0; j < 16; j += 8) {
                qm_transpose(rows + (intptr_t)j * g->k_row + turned * 4, g->k_row,
                             panel + turned * 64 + j * 4, 64);
              }
            }
            """)
        }
        out.block("for (uint32_t j = 0; j < count; ++j)") { out in
          out.line(
            """
            for (uint32_t i = turned; i < \(quads); ++i) {
              uint32_t quad = 0x80808080u;
              const char *from = rows + (intptr_t)j * g->k_row + i * 4;
              if (i * 4 + 4 <= g->depth) __builtin_memcpy(&quad, from, 4);
              else for (uint32_t c = i * 4; c < g->depth; ++c)
                ((uint8_t *)&quad)[c % 4] = (uint8_t)from[c % 4];
              __builtin_memcpy(panel + i * 64 + j * 4, &quad, 4);
            }
            """)
        }
        out.line(
          """
          const vi flip = vi_set1((int32_t)0x80808080), ones = vi_set1(0x01010101);
          const vi zero = vi_set1(-g->q_zero_point);
          """)
        let vectors = 16 / target.lanes
        for part in 0..<vectors { out.line("vi sum\(part) = vi_set1(0);") }
        out.rolled("for (uint32_t i = 0; i < \(quads); ++i)") { out in
          for part in 0..<vectors {
            let place = "panel + i * 64 + \(part * target.lanes * 4)"
            out.line(
              """
              const vi w\(part) = vi_xor(vi_load(\(place)), flip);
              vi_store(\(place), w\(part));
              sum\(part) = vi_dot_quad(sum\(part), ones, w\(part));
              """)
          }
        }
        for part in 0..<vectors {
          out.line(
            "vi_store(start + first + \(part * target.lanes), vi_mul(sum\(part), zero));")
        }
      }
    }
    out.blank()
  }

  /// `[columns / 16][keys / 4][16][4]` as s8; the keys are padded to whole panels, with the last key.
  private func emitPackValues(into out: inout CSource) {
    out.block(
      "static void \(symbol)_pack_values(const \(arguments) *g, const uint8_t *v, int8_t *to)"
    ) { out in
      out.block("for (uint32_t first = 0; first < g->columns; first += 16)") { out in
        out.line("const uint32_t count = qc_min(16, g->columns - first);")
        out.block("for (uint32_t i = 0; i < g->key_panels * 4; ++i, to += 64)") { out in
          out.line("qb r[4];")
          out.block("QF_UNROLL for (uint32_t j = 0; j < 4; ++j)") { out in
            out.line(
              """
              const uint8_t *row = v + (intptr_t)qc_min(4 * i + j, g->keys - 1) * g->v_row + first;
              r[j] = (qb)128;
              if (count == 16) __builtin_memcpy(&r[j], row, 16);
              else for (uint32_t c = 0; c < count; ++c) r[j][c] = row[c];
              """)
          }
          out.line(
            """
            #define QA_LOW(a, b) __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, \\
                21, 6, 22, 7, 23)
            #define QA_HIGH(a, b) __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, \\
                13, 29, 14, 30, 15, 31)
            #define QA_LOW2(a, b) __builtin_shufflevector(a, b, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, \\
                21, 6, 7, 22, 23)
            #define QA_HIGH2(a, b) __builtin_shufflevector(a, b, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, \\
                28, 29, 14, 15, 30, 31)
            const qb low = QA_LOW(r[0], r[1]) ^ 128, high = QA_HIGH(r[0], r[1]) ^ 128;
            const qb low2 = QA_LOW(r[2], r[3]) ^ 128, high2 = QA_HIGH(r[2], r[3]) ^ 128;
            const qb packed[4] = {QA_LOW2(low, low2), QA_HIGH2(low, low2), QA_LOW2(high, high2),
                                  QA_HIGH2(high, high2)};
            __builtin_memcpy(to, packed, 64);
            """)
        }
      }
    }
    out.blank()
  }

  /// Queries in whole quads, and masks in whole panels: a key that is not there is hidden by −∞,
  /// and a NaN is the plain one.
  private func emitPackRows(into out: inout CSource) {
    out.block(
      """
      static void \(symbol)_pack_queries(const \(arguments) *g, const uint8_t *from, uint8_t *to,
          uint32_t count)
      """
    ) { out in
      out.block("for (uint32_t m = 0; m < count; ++m, from += g->q_row, to += \(quads * 4))") {
        $0.line("for (uint32_t c = g->depth; c < \(quads * 4); ++c) to[c] = 0;")
        $0.line("qm_copy((char *)to, (const char *)from, g->depth);")
      }
    }
    out.blank()
    out.block(
      "static void \(symbol)_pack_mask(const \(arguments) *g, const char *from, float *to)"
    ) { out in
      out.line(
        """
        const float nan = __builtin_nanf("");
        uint32_t i = 0;
        for (; from && i + 16 <= g->keys; i += 16) {
          const qf v = qf_load(from + (size_t)i * 4);
          qf_store(to + i, v == v ? v : qf_set(nan));
        }
        for (; i < g->keys; ++i) {
          float v = 0;
          if (from) __builtin_memcpy(&v, from + (size_t)i * 4, 4);
          to[i] = v == v ? v : nan;
        }
        for (; i < g->key_panels * 16; ++i) to[i] = -__builtin_inff();
        """)
    }
    out.blank()
  }

  /// The panels of a packed mask up to the last one with a number above `cut`, or a NaN; `least` at
  /// least.
  private func emitOpenPanels(into out: inout CSource) {
    out.block(
      """
      static uint32_t \(symbol)_open_panels(const \(arguments) *g, const float *mask, uint32_t least,
          float cut)
      """
    ) { out in
      out.line(
        """
        uint32_t panels = g->key_panels;
        for (; panels > least; --panels) {
          const qi is_hidden = qf_load(mask + (size_t)(panels - 1) * 16) <= cut;
          if (__builtin_reduce_or(~is_hidden)) break;
        }
        return panels;
        """)
    }
    out.blank()
  }
}
