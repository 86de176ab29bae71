import KernelIR
import Targets
import Tensors

/// Writes an `avgpool` kernel: the exact sum of the taps inside the image, scaled by the multiplier
/// for their count, and stored as it is or requantized.
func emitAveragePool(_ spec: KernelSpec, _ target: CPUTarget, _ out: inout CSource) {
  emitPool(spec, output: 2, into: &out) { out in
    out.line(
      """
      const uint32_t inside = (ky1 - ky0) * (kx1 - kx0);
      const uint32_t count = g->counts_padding ? g->kernel_rows * g->kernel_pixels : inside;
      vi sum = vi_set1(-(int32_t)inside * g->input_zero_point);
      """)
    emitTaps("sum = vi_add(sum, vi_load_\(spec.operands[0].storageName)(p));", spec, into: &out)
    out.line("const vf v = vf_mul(vf_from_vi(sum), vf_set1(((const float *)buffers[1])[count]));")
    if spec.operands[1] == .f32 {
      out.line(
        """
        if (n == VL) vf_store(to + (size_t)c * 4, v);
        else vf_store_n(to + (size_t)c * 4, v, n);
        """)
      return
    }
    let store = "vi_store_\(spec.operands[1].storageName)"
    let bytes = spec.operands[1].bitWidth / 8
    out.line(
      """
      const vf low = vf_set1((float)(g->qmin - g->zero_point));
      const vf high = vf_set1((float)(g->qmax - g->zero_point));
      const vi q = vi_round(vf_max(vf_min(v, high), low));
      const vi stored = vi_add(q, vi_set1(g->zero_point));
      if (n == VL) \(store)(to + c * \(bytes), stored);
      else \(store)_n(to + c * \(bytes), stored, n);
      """)
  }
}

private func emitTaps(_ statement: String, _ spec: KernelSpec, into out: inout CSource) {
  out.block("for (uint32_t ky = ky0; ky < ky1; ++ky)") { out in
    out.line(
      """
      const uint8_t *p = in + (ptrdiff_t)(top + (int32_t)(ky * g->dilation_rows)) * g->input_row_pitch +
          (ptrdiff_t)(left + (int32_t)(kx0 * g->dilation_pixels)) * g->input_pixel_pitch + c * \(spec.operands[0].bitWidth / 8);
      """)
    out.block("for (uint32_t kx = kx0; kx < kx1; ++kx)") { out in
      out.line(statement)
      out.line("p += (size_t)g->dilation_pixels * g->input_pixel_pitch;")
    }
  }
}

/// The taps ky0 ..< ky1 of a window that begins at `first` and lie inside of `extent`.
let clipFunction = """
  static inline void qc_clip(int32_t first, uint32_t taps, uint32_t dilation, uint32_t extent,
                             uint32_t *begin, uint32_t *end) {
    uint32_t k = 0;
    while (k < taps && first + (int32_t)(k * dilation) < 0) ++k;
    *begin = k;
    while (k < taps && first + (int32_t)(k * dilation) < (int32_t)extent) ++k;
    *end = k;
  }

  """

/// The loops over rows, pixels and vectors of channels; `body` computes and stores one vector.
private func emitPool(
  _ spec: KernelSpec, output: Int, into out: inout CSource, _ body: (inout CSource) -> Void
) {
  out.line(clipFunction.replacing("qc_clip", with: "\(spec.symbol)_clip"))
  out.kernel(spec.symbol, PoolKernel.layout) { out in
    out.line("const uint8_t *input = (const uint8_t *)buffers[0] + g->input_origin;")
    out.line("uint8_t *output = buffers[\(output)];")
    out.halo(channelBytes: (spec.operands.last?.bitWidth ?? 8) / 8)
    out.rowTiles { out in
      out.line(
        """
        const uint8_t *in = input + (size_t)image * g->input_image_pitch;
        const int32_t top = (int32_t)(y * g->stride_rows) - (int32_t)g->padding_rows;
        uint32_t ky0, ky1;
        \(spec.symbol)_clip(top, g->kernel_rows, g->dilation_rows, g->input_rows, &ky0, &ky1);
        """)
      out.block("for (uint32_t x = 0; x < g->pixels; ++x)") { out in
        out.line(
          """
          uint8_t *to = p + (size_t)x * g->output_pixel_pitch;
          const int32_t left = (int32_t)(x * g->stride_pixels) - (int32_t)g->padding_pixels;
          uint32_t kx0, kx1;
          \(spec.symbol)_clip(left, g->kernel_pixels, g->dilation_pixels, g->input_pixels, &kx0, &kx1);
          """)
        out.block("for (uint32_t c = 0; c < g->channels; c += VL)") { out in
          out.line("const uint32_t n = qc_min(VL, g->channels - c);")
          body(&out)
        }
      }
      out.line("qc_fill_halo(&halo, p, y);")
    }
  }
}
