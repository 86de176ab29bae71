import KernelIR

/// Emits the walk over the rows of a ``StridedLoop``: a row is one pass over its innermost axis.
struct StridedWalk {
  let layout: ArgumentLayout
  /// Names of the operands, as the record has them; each is also a `char *` variable in scope.
  let operands: [String]

  /// The C expression of the record's words from `field` on.
  private func words(_ field: String, _ type: String = "int32_t") -> String {
    guard let index = layout.fields.firstIndex(where: { $0.name == field }) else {
      preconditionFailure("\(layout.structName) has no field \(field)")
    }
    return "(const \(type) *)args + \(index)"
  }

  /// Calls `row` for each row of the slice `begin ..< end`. In it, `count` elements start at
  /// `<operand>_p`, `<operand>_step` bytes apart.
  func emit(into out: inout CSource, row: (inout CSource) -> Void) {
    let inner = StridedLoop.axisLimit - 1
    out.line("const uint32_t *extent = \(words("extent0", "uint32_t"));")
    for name in operands {
      out.line("const int32_t *\(name)_stride = \(words("\(name)_stride0"));")
      out.line("const intptr_t \(name)_step = \(name)_stride[\(inner)];")
    }
    out.line(
      """
      const uint32_t first_axis = \(StridedLoop.axisLimit) - g->axes;
      uint32_t rows = 1;
      for (uint32_t axis = first_axis; axis < \(inner); ++axis) rows *= extent[axis];
      """)
    out.block("for (uint32_t tile = begin; tile < end; ++tile)") { out in
      out.line(
        """
        uint32_t row = tile / g->tiles_per_row * g->rows_per_tile;
        const uint32_t row_end = rows - row < g->rows_per_tile ? rows : row + g->rows_per_tile;
        const uint32_t first = tile % g->tiles_per_row * g->tile_elements;
        const uint32_t left = extent[\(inner)] - first;
        const uint32_t count = left < g->tile_elements ? left : g->tile_elements;
        uint32_t index[\(StridedLoop.axisLimit)];
        """)
      for name in operands {
        out.line("char *\(name)_p = \(name) + g->\(name)_origin + (intptr_t)first * \(name)_step;")
      }
      out.block(
        "for (uint32_t axis = \(inner), rest = row; axis-- > first_axis; rest /= extent[axis])"
      ) { out in
        out.line("index[axis] = rest % extent[axis];")
        for name in operands {
          out.line("\(name)_p += (intptr_t)index[axis] * \(name)_stride[axis];")
        }
      }
      out.block("for (; row < row_end; ++row)") { out in
        row(&out)
        out.block("for (uint32_t axis = \(inner); axis-- > first_axis;)") { out in
          for name in operands { out.line("\(name)_p += \(name)_stride[axis];") }
          out.line("if (++index[axis] < extent[axis]) break;")
          for name in operands {
            out.line("\(name)_p -= (intptr_t)extent[axis] * \(name)_stride[axis];")
          }
          out.line("index[axis] = 0;")
        }
      }
    }
  }
}
