import KernelIR
import Targets

extension KernelEmitter {
  /// Emits `gemmf`: two panels of the right operand are packed into the scratch, then multiplied
  /// with the rows of the tile.
  static let floatMatMul = KernelEmitter(
    .floatMatMul, FloatMatMulKernel.layout
  ) { spec, target, out in
    let emitter = FloatMatMulEmitter(spec: spec, target: target)
    emitter.emitPack(into: &out)
    for tile in emitter.tiles {
      tile.emitCore(spec.symbol, into: &out)
      emitter.emitTile(tile, into: &out)
    }
    emitter.emitEntry(into: &out)
  }
}

private struct FloatMatMulEmitter {
  let spec: KernelSpec
  let target: CPUTarget

  private var symbol: String { spec.symbol }
  private var hasBias: Bool { spec["bias"] == 1 }
  private var arguments: String { FloatMatMulKernel.layout.structName }

  var tiles: [FloatTile] { FloatTile.variants(for: target).filter { $0.panels <= 2 } }

  /// The tile for a rest of `panels` panels: the one with the most rows.
  private func tile(panels: Int) -> FloatTile {
    tiles.filter { $0.panels <= panels }.max {
      ($0.rows * $0.panels, $0.rows) < ($1.rows * $1.panels, $1.rows)
    } ?? FloatTile(rows: 1, panels: 1)
  }

  /// One panel, `[k][16]`, zeros in the columns past the matrix.
  func emitPack(into out: inout CSource) {
    out.block(
      """
      static void \(symbol)_pack(const \(arguments) *g, const char *b, uint32_t columns, char *to)
      """
    ) { out in
      out.line("const intptr_t row = g->rhs_row, column = g->rhs_column;")
      out.block("if (column == 4)") { out in
        out.line(
          """
          for (uint32_t k = 0; k < g->k; ++k, b += row) {
            qf_store(to + (size_t)k * 64, qf_load_n(b, columns, 0));
          }
          """
        )
        out.line("return;")
      }
      out.line(
        """
        uint32_t turned = 0; /* rows of the panel that are packed */
        if (row == 4) {
          for (; turned + 8 <= g->k; turned += 8) {
            char *rows = to + (size_t)turned * 64;
            const char *from = b + (size_t)turned * 4;
            uint32_t j = 0;
            if (columns < 16) {
              for (int i = 0; i < 8; ++i) qf_store(rows + i * 64, qf_set(0));
            }
            for (; j + 8 <= columns; j += 8) {
              qm_transpose(from + (intptr_t)j * column, column, rows + (size_t)j * 4, 64);
            }
            for (; j < columns; ++j) {
              for (uint32_t i = 0; i < 8; ++i) {
                __builtin_memcpy(rows + i * 64 + (size_t)j * 4,
                                 from + (intptr_t)j * column + i * 4, 4);
              }
            }
          }
        }
        for (uint32_t k = turned; k < g->k; ++k) {
          qf_store(to + (size_t)k * 64, qf_load_strided(b + (intptr_t)k * row, column, columns));
        }
        """)
    }
    out.blank()
  }

  func emitTile(_ tile: FloatTile, into out: inout CSource) {
    let (rows, panels) = (tile.rows, tile.panels)
    out.block(
      """
      static void \(symbol)_tile_\(tile.suffix)(const \(arguments) *g, const char *lhs,
          uint32_t count, const char *b, size_t b_step, size_t b_panel, const char *bias,
          char *output, uint32_t columns)
      """
    ) { out in
      out.line("const char *a[\(rows)];")
      out.line("qf acc[\(rows)][\(panels)];")
      out.block("QF_UNROLL for (uint32_t m = 0; m < \(rows); ++m)") { out in
        out.line("a[m] = lhs + (intptr_t)(m < count ? m : count - 1) * g->lhs_row;")
        out.line("QF_UNROLL for (uint32_t z = 0; z < \(panels); ++z) acc[m][z] = qf_set(0);")
      }
      out.line("\(symbol)_core_\(tile.suffix)(a, b, b_step, b_panel, g->k, acc);")
      out.block("QF_UNROLL for (uint32_t m = 0; m < \(rows); ++m)") { out in
        out.line("if (m >= count) continue;")
        out.block("QF_UNROLL for (uint32_t z = 0; z < \(panels); ++z)") { out in
          out.line("const uint32_t n = columns - 16 * z < 16 ? columns - 16 * z : 16;")
          out.line("qf v = acc[m][z];")
          if hasBias { out.line("v = v + qf_load_n(bias + 64 * z, n, 0);") }
          out.line("v = qf_lower(qf_raise(v, qf_set(g->lower)), qf_set(g->upper));")
          out.line("qf_store_n(output + (intptr_t)m * g->output_row + 64 * z, v, n);")
        }
      }
    }
    out.blank()
  }

  func emitEntry(into out: inout CSource) {
    let (rows, columns) = (FloatMatMulKernel.blockRows, FloatMatMulKernel.blockColumns)
    out.kernel(symbol, FloatMatMulKernel.layout) { out in
      out.line("const char *all_lhs = buffers[0], *all_rhs = buffers[1];")
      out.line("const char *all_bias = \(hasBias ? "buffers[2]" : "0");")
      out.line("char *all_output = buffers[\(hasBias ? 3 : 2)];")
      out.line("uint32_t packed = UINT32_MAX; /* the matrix and column block in the scratch */")
      out.block("for (uint32_t tile = begin; tile < end; ++tile)") { out in
        out.line(
          """
          const uint32_t row = tile % g->row_blocks * \(rows), block = tile / g->row_blocks;
          const uint32_t column = block % g->column_blocks * \(columns);
          uint32_t matrix = block / g->column_blocks;
          const char *lhs = all_lhs + g->lhs_origin, *rhs = all_rhs + g->rhs_origin;
          char *output = all_output + g->output_origin;
          """)
        for axis in (0..<4).reversed() {
          out.block("") { out in
            out.line("const intptr_t i = matrix % g->batch\(axis);")
            out.line("matrix /= g->batch\(axis);")
            for name in ["lhs", "rhs", "output"] {
              out.line("\(name) += i * g->\(name)_batch\(axis);")
            }
          }
        }
        out.line(
          """
          const uint32_t count = g->m - row < \(rows) ? g->m - row : \(rows);
          const uint32_t width = g->n - column < \(columns) ? g->n - column : \(columns);
          const char *bias = all_bias + (all_bias ? (size_t)column * 4 : 0);
          lhs += (intptr_t)row * g->lhs_row;
          output += (intptr_t)row * g->output_row + (size_t)column * 4;
          """)
        out.line(
          """
          /* Few rows read whole panels where they lie: packing would cost more than the product. */
          const int direct = g->rhs_column == 4 && g->m <= 8 && width % 16 == 0;
          const char *b = direct ? rhs + (size_t)column * 4 : scratch;
          const size_t b_step = direct ? (size_t)g->rhs_row : 64;
          const size_t b_panel = direct ? 64 : (size_t)g->k * 64;
          """)
        out.block("if (!direct && packed != block)") { out in
          out.block("for (uint32_t j = 0; j < width; j += 16)") { out in
            out.line(
              """
              \(symbol)_pack(g, rhs + (intptr_t)(column + j) * g->rhs_column,
                             width - j < 16 ? width - j : 16,
                             (char *)scratch + (size_t)j * g->k * 4);
              """)
          }
          out.line("packed = block;")
        }
        if let few = tiles.filter({ $0.rows <= 2 && $0.panels == 2 }).first {
          out.block("if (count <= \(few.rows) && width > 16)") { out in
            out.line("const uint32_t j = 0;")
            emitRows(few, into: &out)
            out.line("continue;")
          }
        }
        out.line("uint32_t j = 0;")
        if tile(panels: 2).panels == 2 {
          out.line("for (; j + 16 < width; j += 32) {")
          emitRows(tile(panels: 2), into: &out)
          out.line("}")
        }
        out.line("for (; j < width; j += 16) {")
        emitRows(tile(panels: 1), into: &out)
        out.line("}")
      }
    }
  }

  private func emitRows(_ tile: FloatTile, into out: inout CSource) {
    out.line(
      """
        for (uint32_t m = 0; m < count; m += \(tile.rows)) {
          \(symbol)_tile_\(tile.suffix)(g, lhs + (intptr_t)m * g->lhs_row, count - m,
              b + j / 16 * b_panel, b_step, b_panel, bias + (bias ? (size_t)j * 4 : 0),
              output + (intptr_t)m * g->output_row + (size_t)j * 4, width - j);
        }
      """)
  }
}
