import KernelIR

extension KernelEmitter {
  /// Emits `remap`: one offset per axis says where a block comes from.
  static let remap = KernelEmitter(.remap, RemapKernel.layout) { spec, _, out in
    let element = spec["element"]
    let last = RemapKernel.axisLimit - 1
    let copy = element == 0 ? "qm_copy" : "__builtin_memcpy"
    let bytes = element == 0 ? "g->block_bytes" : "\(element)"
    out.kernel(spec.symbol, RemapKernel.layout) { out in
      out.line(
        """
        const char *input = buffers[0];
        const int32_t *tables = buffers[1];
        char *output = buffers[2];
        const uint64_t fill = g->fill0 | (uint64_t)g->fill1 << 32;
        """)
      // Unused outer axes have no table: their position is 0.
      for axis in 0...last {
        let previous = axis == 0 ? "tables" : "table\(axis - 1) + used\(axis - 1)"
        out.line(
          """
          const uint32_t used\(axis) =
              g->axes + \(axis) >= \(RemapKernel.axisLimit) ? g->extent\(axis) : 0;
          const int32_t *table\(axis) = \(previous);
          """)
      }
      out.block("for (uint32_t tile = begin; tile < end; ++tile)") { out in
        out.line("uint32_t row = tile * g->rows_per_tile;")
        out.line(
          """
          const uint32_t row_end =
              g->rows - row < g->rows_per_tile ? g->rows : row + g->rows_per_tile;
          """
        )
        out.block("for (; row < row_end; ++row)") { out in
          out.line(
            """
            uint32_t rest = row;
            int is_fill = 0;
            const char *from = input + g->input_origin;
            char *to = output + g->output_origin;
            """)
          for axis in (0..<last).reversed() {
            out.block("if (used\(axis))") { out in
              out.line(
                """
                const uint32_t i = rest % used\(axis);
                rest /= used\(axis);
                if (table\(axis)[i] == INT32_MIN) is_fill = 1;
                else from += table\(axis)[i];
                to += (intptr_t)i * g->output_stride\(axis);
                """)
            }
          }
          out.block("for (uint32_t i = 0; i < used\(last); ++i, to += g->output_stride\(last))") {
            out in
            out.line(
              """
              if (is_fill || table\(last)[i] == INT32_MIN) qm_fill(to, fill, \(bytes));
              else \(copy)(to, from + table\(last)[i], \(bytes));
              """)
          }
        }
      }
    }
  }
}
