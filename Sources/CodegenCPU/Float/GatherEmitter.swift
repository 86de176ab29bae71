import KernelIR
import Tensors

extension KernelEmitter {
  /// Emits `gather`: one slice per tile, its index brought into the axis.
  static let gather = KernelEmitter(.gather, GatherKernel.layout) { spec, _, out in
    let type = spec.operands[1] == .i64 ? "int64_t" : "int32_t"
    out.kernel(spec.symbol, GatherKernel.layout) { out in
      out.line("const char *data = buffers[0], *indices = buffers[1];\nchar *output = buffers[2];")
      out.block("for (uint32_t tile = begin; tile < end; ++tile)") { out in
        out.line(
          """
          const uint32_t outer = tile / g->index_count, position = tile % g->index_count;
          \(type) index;
          __builtin_memcpy(&index, indices + (size_t)position * sizeof index, sizeof index);
          if (index < 0) index += (\(type))g->extent;
          if (index < 0) index = 0;
          if (index >= (\(type))g->extent) index = (\(type))g->extent - 1;
          qm_copy(output + (size_t)tile * g->block_bytes,
                  data + ((size_t)outer * g->extent + (size_t)index) * g->block_bytes,
                  g->block_bytes);
          """)
      }
    }
  }
}
