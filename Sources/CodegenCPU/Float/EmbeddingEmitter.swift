import KernelIR
import Tensors

extension KernelEmitter {
  /// Emits `embedding`: one row per tile, 16 elements at a time; the last 16 of a row may overlap
  /// the ones before, whose values they repeat.
  static let embedding = KernelEmitter(.embedding, EmbeddingKernel.layout) { spec, _, out in
    let byte = spec.operands[0] == .i8 ? "int8_t" : "uint8_t"
    let index = spec.operands[1] == .i64 ? "int64_t" : "int32_t"
    let hasZeros = spec["zeros"] == 1
    out.kernel(spec.symbol, EmbeddingKernel.layout) { out in
      out.line(
        """
        typedef \(byte) q16 __attribute__((ext_vector_type(16)));
        const \(byte) *table = buffers[0];
        const float *scales = buffers[1];
        \(hasZeros ? "const int32_t *zeros = buffers[2];" : "")
        const char *indices = buffers[\(hasZeros ? 3 : 2)];
        char *output = buffers[\(hasZeros ? 4 : 3)];
        const uint32_t width = g->width;
        """)
      out.block("for (uint32_t tile = begin; tile < end; ++tile)") { out in
        out.line(
          """
          \(index) row;
          __builtin_memcpy(&row, indices + (size_t)tile * sizeof row, sizeof row);
          if (row < 0) row += (\(index))g->rows;
          if (row < 0) row = 0;
          if (row >= (\(index))g->rows) row = (\(index))g->rows - 1;
          const \(byte) *in = table + (size_t)row * width;
          char *to = output + (size_t)tile * width * 4;
          const float scale = scales[row];
          \(hasZeros ? "const int32_t zero = zeros[row];" : "")
          """)
        let zero = hasZeros ? " - zero" : ""
        out.block("if (width < 16)") { out in
          out.block("for (uint32_t i = 0; i < width; ++i)") { out in
            out.line("const float y = (float)(in[i]\(zero)) * scale;")
            out.line("__builtin_memcpy(to + (size_t)i * 4, &y, 4);")
          }
          out.line("continue;")
        }
        out.block("for (uint32_t i = 0;;)") { out in
          out.line(
            """
            q16 q;
            __builtin_memcpy(&q, in + i, 16);
            const qf x = __builtin_convertvector(__builtin_convertvector(q, qi)\(zero), qf);
            qf_store(to + (size_t)i * 4, x * scale);
            if (i + 16 == width) break;
            i = i + 32 <= width ? i + 16 : width - 16;
            """)
        }
      }
    }
  }
}
