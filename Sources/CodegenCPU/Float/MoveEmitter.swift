import KernelIR
import Tensors

extension KernelEmitter {
  /// Emits `move`: whole rows where they are contiguous, tiles in registers where they are turned.
  static let move = KernelEmitter(.move, MoveKernel.layout) { spec, _, out in
    guard let form = MoveKernel.Form(rawValue: spec["form"]), let type = spec.operands.first else {
      preconditionFailure("\(spec.symbol) is no move")
    }
    let bytes = type.bitWidth / 8
    let element = "uint\(type.bitWidth)_t"
    out.kernel(spec.symbol, MoveKernel.layout) { out in
      out.line("char *in = buffers[0], *out = buffers[1];")
      if form == .transpose {
        emitTranspose(element, bytes, into: &out)
        return
      }
      StridedWalk(layout: MoveKernel.layout, operands: ["in", "out"]).emit(into: &out) { out in
        switch form {
        case .contiguous:
          out.line("(void)in_step, (void)out_step;")
          out.line("qm_copy(out_p, in_p, (size_t)count * \(bytes));")
        case .fill:
          out.line("\(element) v;\n(void)in_step, (void)out_step;")
          out.line("__builtin_memcpy(&v, in_p, \(bytes));")
          out.line(
            """
            for (uint32_t i = 0; i < count; ++i) {
              __builtin_memcpy(out_p + (size_t)i * \(bytes), &v, \(bytes));
            }
            """
          )
        case .strided, .transpose:
          out.block("for (uint32_t i = 0; i < count; ++i)") { out in
            out.line(
              """
              __builtin_memcpy(out_p + (intptr_t)i * out_step, in_p + (intptr_t)i * in_step,
                               \(bytes));
              """)
          }
        }
      }
    }
  }

  /// A tile is up to 16 positions of the axis that is contiguous in the input, and the whole of the
  /// axis that is contiguous in the result.
  private static func emitTranspose(_ element: String, _ bytes: Int, into out: inout CSource) {
    let last = StridedLoop.axisLimit - 1
    let rows = MoveKernel.transposeRows
    out.line(
      """
      const uint32_t all = g->extent\(last - 1), blocks = (all + \(rows - 1)) / \(rows);
      const uint32_t columns = g->extent\(last);
      const intptr_t in_step = g->in_stride\(last), out_step = g->out_stride\(last - 1);
      """)
    out.block("for (uint32_t tile = begin; tile < end; ++tile)") { out in
      out.line(
        """
        uint32_t outer = tile / blocks;
        const uint32_t first = tile % blocks * \(rows);
        const uint32_t height = all - first < \(rows) ? all - first : \(rows);
        const char *from = in + g->in_origin + (size_t)first * \(bytes);
        char *to = out + g->out_origin + (intptr_t)first * out_step;
        """)
      for axis in (0..<last - 1).reversed() {
        out.line(
          """
          from += (intptr_t)(outer % g->extent\(axis)) * g->in_stride\(axis);
          to += (intptr_t)(outer % g->extent\(axis)) * g->out_stride\(axis);
          outer /= g->extent\(axis);
          """)
      }
      switch bytes {
      case 1: emitByteTiles(into: &out)
      case 4: emitWordTiles(into: &out)
      default: emitElements(bytes, into: &out)
      }
    }
  }

  /// VL of the input's rows at a time, up to 16 bytes each.
  private static func emitByteTiles(into out: inout CSource) {
    out.block("for (uint32_t j = 0; j < columns; j += VL)") { out in
      out.line(
        """
        const uint32_t count = columns - j < VL ? columns - j : VL;
        const uint8_t *p = (const uint8_t *)from + (intptr_t)j * in_step;
        uint8_t *q = (uint8_t *)to + j;
        vi a[4];
        if (count == VL && height == 16) {
          qc_load_rows(a, p, (size_t)in_step, VL, 16);
          qc_turn(a);
        """)
      for k in 0..<4 {
        out.line(
          "  qc_store_planes(q + \(4 * k) * out_step, (size_t)out_step, a[\(k)], VL, 4);")
      }
      out.line(
        """
          continue;
        }
        qc_load_rows(a, p, (size_t)in_step, count, height);
        qc_turn(a);
        for (uint32_t k = 0; 4 * k < height; ++k) {
          qc_store_planes(q + (intptr_t)(4 * k) * out_step, (size_t)out_step, a[k], count,
                          height - 4 * k < 4 ? height - 4 * k : 4);
        }
        """)
    }
  }

  /// VL of the input's rows at a time, four words each.
  private static func emitWordTiles(into out: inout CSource) {
    out.block("for (uint32_t j = 0; j < columns; j += VL)") { out in
      out.line("const uint32_t count = columns - j < VL ? columns - j : VL;")
      out.block("for (uint32_t i = 0; i < height; i += 4)") { out in
        out.line(
          """
          const uint32_t n = height - i < 4 ? height - i : 4;
          const uint8_t *p = (const uint8_t *)from + (intptr_t)j * in_step + (size_t)i * 4;
          uint8_t *q = (uint8_t *)to + (intptr_t)i * out_step + (size_t)j * 4;
          vi a[4];
          if (count == VL && n == 4) {
            qc_load_rows(a, p, (size_t)in_step, VL, 16);
            qc_turn(a);
          """)
        for k in 0..<4 { out.line("  vi_store(q + \(k) * out_step, a[\(k)]);") }
        out.line(
          """
            continue;
          }
          qc_load_rows(a, p, (size_t)in_step, count, 4 * n);
          qc_turn(a);
          for (uint32_t k = 0; k < n; ++k) vi_store_n(q + (intptr_t)k * out_step, a[k], count);
          """)
      }
    }
  }

  private static func emitElements(_ bytes: Int, into out: inout CSource) {
    out.block("for (uint32_t j = 0; j < columns; ++j)") { out in
      out.block("for (uint32_t i = 0; i < height; ++i)") { out in
        out.line(
          """
          __builtin_memcpy(to + (intptr_t)i * out_step + (size_t)j * \(bytes),
                           from + (intptr_t)j * in_step + (size_t)i * \(bytes), \(bytes));
          """)
      }
    }
  }
}
