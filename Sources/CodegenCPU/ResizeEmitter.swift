import KernelIR
import Targets
import Tensors

/// Writes a `resize` kernel: for each result pixel, its four sources, a vector of channels at a time.
func emitResize(_ spec: KernelSpec, _ target: CPUTarget, _ out: inout CSource) {
  let (input, result) = (spec.operands[0], spec.operands[1])
  let (inputBytes, resultBytes) = (input.bitWidth / 8, result.bitWidth / 8)
  out.line(
    "typedef struct { uint32_t first, second; float factor; } \(spec.symbol)_taps;")
  for (suffix, extra, count) in [("", "", ""), ("_n", ", uint32_t n", ", n")] {
    out.block(
      """
      static inline void \(spec.symbol)_store\(suffix)(const qc_resize_args *g, const uint8_t *a,
          const uint8_t *b, const uint8_t *c, const uint8_t *d, float across, float down,
          uint8_t *to\(extra))
      """
    ) { out in
      out.line("const vi zero = vi_set1(g->input_zero_point);")
      for name in ["a", "b", "c", "d"] {
        out.line(
          "const vf v\(name) = vf_from_vi(vi_sub(vi_load_\(input.storageName)\(suffix)(\(name)\(count)), zero));"
        )
      }
      out.line(
        """
        const vf x = vf_set1(across);
        const vf upper = vf_fma(x, vf_sub(vb, va), va), lower = vf_fma(x, vf_sub(vd, vc), vc);
        const vf v = vf_fma(vf_set1(down), vf_sub(lower, upper), upper);
        const vf low = vf_set1((float)(g->qmin - g->zero_point));
        const vf high = vf_set1((float)(g->qmax - g->zero_point));
        const vf t = vf_min(vf_max(vf_mul(v, vf_set1(g->multiplier)), low), high);
        vi_store_\(result.storageName)\(suffix)(to, vi_add(vi_round(t), vi_set1(g->zero_point))\(count));
        """)
    }
  }
  out.blank()
  let sources = ["a", "b", "c", "d"].map { "\($0) + i * \(inputBytes)" }.joined(separator: ", ")
  out.kernel(spec.symbol, ResizeKernel.layout) { out in
    out.line(
      """
      const uint8_t *input = (const uint8_t *)buffers[0] + g->input_origin;
      const \(spec.symbol)_taps *rows = buffers[1], *pixels = buffers[2];
      uint8_t *output = buffers[3];
      """)
    out.halo(channelBytes: resultBytes)
    out.rowTiles { out in
      out.line(
        """
        const uint8_t *from = input + (size_t)image * g->input_image_pitch;
        const uint8_t *upper = from + rows[y].first, *lower = from + rows[y].second;
        """)
      out.block("for (uint32_t x = 0; x < g->pixels; ++x)") { out in
        out.line(
          """
          const \(spec.symbol)_taps at = pixels[x];
          const uint8_t *a = upper + at.first, *b = upper + at.second;
          const uint8_t *c = lower + at.first, *d = lower + at.second;
          uint8_t *to = p + (size_t)x * g->output_pixel_pitch;
          uint32_t i = 0;
          for (; i + VL <= g->channels; i += VL)
            \(spec.symbol)_store(g, \(sources), at.factor, rows[y].factor,
                to + i * \(resultBytes));
          if (i < g->channels)
            \(spec.symbol)_store_n(g, \(sources), at.factor, rows[y].factor,
                to + i * \(resultBytes), g->channels - i);
          """)
      }
      out.line("qc_fill_halo(&halo, p, y);")
    }
  }
}
