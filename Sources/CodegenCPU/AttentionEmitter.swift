import KernelIR
import QuantMath
import Targets
import Tensors

extension KernelEmitter {
  /// Emits `attention`: for a strip of queries scores of all keys, their weights, and the weighted
  /// values, all in the thread's scratch.
  static let attention = KernelEmitter(
    .attention, AttentionKernel.layout,
    dotCounts: { _, target in AttentionEmitter.dotCounts(target) }
  ) { spec, target, out in
    AttentionEmitter(spec: spec, target: target).emit(into: &out)
  }
}

/// The parts of the kernel; the packing is in `AttentionEmitter+Packing.swift`, the weights of the
/// keys in `AttentionEmitter+Weights.swift`.
struct AttentionEmitter {
  let spec: KernelSpec
  let target: CPUTarget

  /// A micro-kernel: queries times panels of 16 columns.
  private struct Tile: Hashable {
    let rows: Int
    let panels: Int
    var suffix: String { "\(rows)x\(panels)" }
  }

  var symbol: String { spec.symbol }
  var quads: Int { spec["quads"] }
  var hasMask: Bool { spec["mask"] == 1 }
  var isNormalized: Bool { spec["normalized"] == 1 }
  var isFloat: Bool { spec.operands.last == .f32 }
  private var exponentialBound: String { PolynomialCoefficients.Exp.lowerBound.cLiteral }
  var arguments: String { AttentionKernel.layout.structName }
  /// Whether the largest score of each lane stays in a register while a row's scores are made.
  var keepsMaxima: Bool { target.lanes == 16 }

  /// Rows of the wide micro-kernels, and their panels.
  private static func shape(_ target: CPUTarget) -> (rows: Int, panels: Int) {
    switch target.integerDot {
    case .bytes: target.vectorBytes == 64 ? (8, 2) : (target.vectorRegisters / 4, 1)
    case .words: (4, 1)
    case .none: (2, 1)
    }
  }

  private var tiles: [Tile] { AttentionEmitter.tiles(target) }

  private static func tiles(_ target: CPUTarget) -> [Tile] {
    let (rows, panels) = shape(target)
    return [rows, 1].flatMap { rows in
      Set([panels, 1]).sorted().map { Tile(rows: rows, panels: $0) }
    }
  }

  static func dotCounts(_ target: CPUTarget) -> Set<Int> {
    let perPanel = 16 / target.lanes * BroadcastQuadPrelude.dotsPerVector(target)
    return Set(tiles(target).map { $0.rows * $0.panels * perPanel } + [perPanel])
  }

  func emit(into out: inout CSource) {
    emitPacking(into: &out)
    emitWeights(into: &out)
    for tile in tiles { emitDots(tile, into: &out) }
    for rows in Set(tiles.map(\.rows)).sorted() {
      emitScores(rows: rows, into: &out)
      emitValues(rows: rows, into: &out)
    }
    emitStrip(into: &out)
    emitEntry(into: &out)
  }

  /// `sums[m] += a[m] · b`, `panels` panels of quads that lie `b_panel` bytes apart.
  private func emitDots(_ tile: Tile, into out: inout CSource) {
    let vectors = tile.panels * 16 / target.lanes
    out.block(
      """
      QF void \(symbol)_dots_\(tile.suffix)(const uint8_t *a, size_t a_step, const int8_t *b,
          size_t b_panel, uint32_t quads, vi sums[\(tile.rows)][\(vectors)])
      """
    ) { out in
      out.rolled("for (uint32_t i = 0; i < quads; ++i, a += 4, b += 64)") { out in
        for vector in 0..<vectors {
          let (panel, part) = (
            vector * target.lanes / 16, vector * target.lanes % 16 * 4
          )
          out.line("const vi w\(vector) = vi_load(b + \(panel) * b_panel + \(part));")
        }
        for row in 0..<tile.rows {
          out.line("int32_t q\(row);\n__builtin_memcpy(&q\(row), a + \(row) * a_step, 4);")
          out.line("const vi a\(row) = vi_set1(q\(row));")
          for vector in 0..<vectors {
            let sum = "sums[\(row)][\(vector)]"
            out.line("\(sum) = vi_dot_quad(\(sum), a\(row), w\(vector));")
          }
        }
      }
    }
    out.blank()
  }

  private func panelLoops(
    rows: Int, from first: String, to last: String, into out: inout CSource,
    body: (Tile, inout CSource) -> Void
  ) {
    let widths = tiles.filter { $0.rows == rows }.sorted { $0.panels > $1.panels }
    out.line("uint32_t n = \(first);")
    for tile in widths {
      out.block("for (; n + \(tile.panels) <= \(last); n += \(tile.panels))") { out in
        body(tile, &out)
      }
    }
  }

  /// Scores of `rows` queries in units of the softmax's operand, masked.
  private func emitScores(rows: Int, into out: inout CSource) {
    out.block(
      """
      static void \(symbol)_scores_\(rows)(const \(arguments) *g, const uint8_t *q, size_t q_step,
          const int8_t *k, const int32_t *start, const float *mask, size_t mask_step, float *x,
          qf *most, uint32_t panels)
      """
    ) { out in
      let eachRow = "QF_UNROLL for (int m = 0; m < \(rows); ++m)"
      if keepsMaxima {
        out.line("vf highest[\(rows)];\n\(eachRow) highest[m] = vf_set1(-__builtin_inff());")
      }
      out.line("const vf factor = vf_set1(g->score_multiplier);")
      out.line("const size_t step = (size_t)g->key_panels * 16;")
      panelLoops(rows: rows, from: "0", to: "panels", into: &out) { tile, out in
        let vectors = tile.panels * 16 / target.lanes
        out.line("vi sums[\(rows)][\(vectors)];")
        out.block("QF_UNROLL for (int m = 0; m < \(rows); ++m)") { out in
          out.line(
            "QF_UNROLL for (int j = 0; j < \(vectors); ++j) sums[m][j] = vi_load(start + n * 16 + VL * j);"
          )
        }
        out.line(
          """
          \(symbol)_dots_\(tile.suffix)(q, q_step, k + (size_t)n * \(quads * 64), \(quads * 64),
              \(quads), sums);
          """)
        out.block("QF_UNROLL for (int m = 0; m < \(rows); ++m)") { out in
          out.block("QF_UNROLL for (int j = 0; j < \(vectors); ++j)") { out in
            out.line(
              """
              const size_t at = (size_t)n * 16 + VL * j;
              const vf v = vf_add(vf_mul(vf_from_vi(sums[m][j]), factor),
                                  vf_load(mask + m * mask_step + at));
              vf_store(x + m * step + at, v);
              """)
            if keepsMaxima { out.line("highest[m] = vf_max(v, highest[m]);") }
          }
        }
      }
      if keepsMaxima { out.line("\(eachRow) vf_store(most + m, highest[m]);") }
    }
    out.blank()
  }

  /// The weighted values of `rows` queries, `count` of which are stored.
  private func emitValues(rows: Int, into out: inout CSource) {
    out.block(
      """
      static void \(symbol)_values_\(rows)(const \(arguments) *g, const uint8_t *p, const int8_t *v,
          const float *factors, uint8_t *to, uint32_t count, uint32_t panels)
      """
    ) { out in
      if !isFloat {
        out.line(
          """
          const vf low = vf_set1((float)(g->qmin - g->zero_point));
          const vf high = vf_set1((float)(g->qmax - g->zero_point));
          const vi zero = vi_set1(g->zero_point);
          """)
      }
      out.line("const size_t step = (size_t)g->key_panels * 16, panel = step * 16;")
      panelLoops(rows: rows, from: "0", to: "g->column_panels", into: &out) { tile, out in
        let vectors = tile.panels * 16 / target.lanes
        out.line("vi sums[\(rows)][\(vectors)];")
        out.block("QF_UNROLL for (int m = 0; m < \(rows); ++m)") { out in
          out.line("QF_UNROLL for (int j = 0; j < \(vectors); ++j) sums[m][j] = vi_set1(0);")
        }
        out.line(
          "\(symbol)_dots_\(tile.suffix)(p, step, v + n * panel, panel, panels * 4, sums);")
        out.block("QF_UNROLL for (uint32_t m = 0; m < \(rows); ++m)") { out in
          out.line("if (m >= count) continue;")
          out.block("QF_UNROLL for (uint32_t j = 0; j < \(vectors); ++j)") { out in
            emitStore(into: &out)
          }
        }
      }
    }
    out.blank()
  }

  private func emitStore(into out: inout CSource) {
    out.line(
      """
      const uint32_t at = n * 16 + VL * j;
      vf y = vf_mul(vf_from_vi(sums[m][j]), vf_set1(factors[m]));
      uint8_t *place = to + (intptr_t)m * g->output_row + (size_t)at * \(isFloat ? 4 : 1);
      """)
    let value: String
    if isFloat {
      value = "y"
    } else {
      out.line("y = vf_max(vf_min(y, high), low);")
      value = "vi_add(vi_round(y), zero)"
    }
    let store = isFloat ? "vf_store" : "vi_store_u8"
    out.line(
      """
      if (at + VL <= g->columns) \(store)(place, \(value));
      else if (at < g->columns) \(store)_n(place, \(value), g->columns - at);
      """)
  }

  /// `rows` queries, at most a strip, over the first `panels` panels of keys.
  ///
  /// A key behind them is hidden by the mask: its score is at most `top`, and where that lies so far
  /// below the largest score of each row that its exponential is 0, it adds nothing to any sum. Else
  /// all keys are taken.
  private func emitStrip(into out: inout CSource) {
    let wide = AttentionEmitter.shape(target).rows
    out.block(
      """
      static void \(symbol)_strip(const \(arguments) *g, const uint8_t *q, size_t q_step,
          const int8_t *k, const int32_t *start, const int8_t *v, const float *mask,
          size_t mask_step, float *x, uint8_t *p, uint8_t *to, uint32_t rows, uint32_t panels,
          float top)
      """
    ) { out in
      out.line(
        """
        const size_t step = (size_t)g->key_panels * 16;
        float factors[\(AttentionKernel.strip)], largest[\(4 * AttentionKernel.strip)];
        \(rowVectors("most"))
        """)
      func eachTile(_ out: inout CSource, _ call: (Int) -> String) {
        out.line("uint32_t m = 0;")
        out.line("for (; m + 1 < rows; m += \(wide)) \(call(wide))")
        out.line("for (; m < rows; ++m) \(call(1))")
      }
      out.block("for (;;)") { out in
        eachTile(&out) { rows in
          """
          \(symbol)_scores_\(rows)(g, q + m * q_step, q_step, k, start,
                mask + m * mask_step, mask_step, x + m * step, most + m, panels);
          """
        }
        out.line(
          """
          \(symbol)_largest(g, x, most, largest, rows, panels);
          if (panels == g->key_panels) break;
          uint32_t r = 0;
          while (r < rows && top - largest[4 * r] < \(exponentialBound)) ++r;
          if (r == rows) break;
          panels = g->key_panels;
          """)
      }
      out.line("\(symbol)_weights(g, x, largest, p, factors, rows, panels);")
      out.block("") { out in
        eachTile(&out) { rows in
          """
          \(symbol)_values_\(rows)(g, p + m * step, v, factors + m,
                to + (intptr_t)m * g->output_row, rows - m, panels);
          """
        }
      }
    }
    out.blank()
  }

  private func emitEntry(into out: inout CSource) {
    let (block, strip) = (AttentionKernel.blockRows, AttentionKernel.strip)
    out.kernel(symbol, AttentionKernel.layout) { out in
      out.line(
        """
        const uint8_t *all_q = (const uint8_t *)buffers[0] + g->q_origin;
        const uint8_t *all_k = (const uint8_t *)buffers[1] + g->k_origin;
        const uint8_t *all_v = (const uint8_t *)buffers[2] + g->v_origin;
        uint8_t *output = (uint8_t *)buffers[\(hasMask ? 4 : 3)] + g->output_origin;
        const size_t padded = (size_t)g->key_panels * 16;
        float *x = scratch;
        float *mask = x + \(strip) * padded;
        int32_t *start = (int32_t *)(mask + \(strip) * padded);
        int8_t *k = (int8_t *)(start + padded);
        int8_t *v = k + padded * \(quads * 4);
        uint8_t *q = (uint8_t *)v + padded * 16 * g->column_panels;
        uint8_t *p = q + \(strip * quads * 4);
        uint32_t packed = UINT32_MAX; /* the group of heads whose k and v are in the scratch */
        """)
      out.line(
        hasMask
          ? """
          const char *all_masks = (const char *)buffers[3] + g->mask_origin;
          const char *masked = 0; /* the row that is in the scratch */
          """
          : "\(symbol)_pack_mask(g, 0, mask);")
      out.line(
        """
        /* No score without its mask is above the bound; what a mask lowers to the cut is hidden. */
        const float bound = __builtin_fabsf((float)(g->depth * 32640) * g->score_multiplier);
        const float cut = -2 * bound - 200, top = bound + cut;
        uint32_t panels = g->key_panels; /* up to the last that is not hidden */
        """)
      out.block("for (uint32_t tile = begin; tile < end; ++tile)") { out in
        out.line(
          """
          const uint32_t first = tile % g->row_blocks * \(block), matrix = tile / g->row_blocks;
          const intptr_t head = matrix % g->heads, image = matrix / g->heads;
          const intptr_t group = head / g->group;
          const uint32_t key = matrix / g->group;
          """)
        out.block("if (packed != key)") { out in
          out.line(
            """
            \(symbol)_pack_keys(g, all_k + image * g->k_batch + group * g->k_head, k, start);
            \(symbol)_pack_values(g, all_v + image * g->v_batch + group * g->v_head, v);
            packed = key;
            """)
        }
        out.line(
          """
          const uint32_t count = qc_min(\(block), g->queries - first);
          const uint8_t *from = all_q + image * g->q_batch + head * g->q_head +
              (intptr_t)first * g->q_row;
          uint8_t *to = output + image * g->output_batch + head * g->output_head +
              (intptr_t)first * g->output_row;
          """)
        out.block("for (uint32_t m = 0; m < count; m += \(strip))") { out in
          out.line(
            """
            const uint32_t rows = qc_min(\(strip), count - m);
            const uint8_t *rows_q = from + (intptr_t)m * g->q_row;
            size_t step_q = (size_t)(intptr_t)g->q_row;
            if (g->depth % 4 || rows % \(strip)) {
              \(symbol)_pack_queries(g, rows_q, q, rows);
              rows_q = q;
              step_q = \(quads * 4);
            }
            """)
          if hasMask { emitMask(into: &out) }
          let step = hasMask ? "g->mask_row ? padded : 0" : "0"
          out.line(
            """
            \(symbol)_strip(g, rows_q, step_q, k, start, v, mask, \(step), x, p,
                            to + (intptr_t)m * g->output_row, rows, panels, top);
            """)
        }
      }
    }
  }

  /// Brings the masks of a strip into the scratch, padded; one row that all queries share, only once.
  private func emitMask(into out: inout CSource) {
    out.line(
      """
      const char *row = all_masks + image * g->mask_batch + head * g->mask_head +
          (intptr_t)(first + m) * g->mask_row;
      """)
    out.block("if (g->mask_row)") { out in
      out.line(
        """
        panels = 0;
        for (uint32_t i = 0; i < rows; ++i) {
          \(symbol)_pack_mask(g, row + (intptr_t)i * g->mask_row, mask + i * padded);
          panels = \(symbol)_open_panels(g, mask + i * padded, panels, cut);
        }
        """)
    }
    out.block("else if (masked != row)") { out in
      out.line(
        """
        \(symbol)_pack_mask(g, row, mask);
        panels = \(symbol)_open_panels(g, mask, 0, cut);
        masked = row;
        """)
    }
  }
}
