import KernelIR

extension KernelEmitter {
  static let floatMaxPool = KernelEmitter(.floatMaxPool, FloatPoolKernel.layout) { spec, _, out in
    emitFloatPool(spec, isMaximum: true, into: &out)
  }

  static let floatAveragePool = KernelEmitter(
    .floatAveragePool, FloatPoolKernel.layout
  ) { spec, _, out in
    emitFloatPool(spec, isMaximum: false, into: &out)
  }

  /// 16 channels of one result pixel at a time; only taps on the image take part.
  private static func emitFloatPool(_ spec: KernelSpec, isMaximum: Bool, into out: inout CSource) {
    out.kernel(spec.symbol, FloatPoolKernel.layout) { out in
      out.line("const char *input = buffers[0];\nchar *output = buffers[1];")
      out.block("for (uint32_t tile = begin; tile < end; ++tile)") { out in
        out.line(
          """
          const uint32_t n = tile / g->rows, y = tile % g->rows;
          const int32_t iy = (int32_t)(y * g->stride_rows) - (int32_t)g->padding_rows;
          const char *in = input + g->input_origin + (size_t)n * g->input_image_pitch;
          char *row = output + g->output_origin + (size_t)n * g->output_image_pitch +
              (size_t)y * g->output_row_pitch;
          """)
        out.block("for (uint32_t x = 0; x < g->pixels; ++x, row += g->output_pixel_pitch)") { out in
          out.line(
            "const int32_t ix = (int32_t)(x * g->stride_pixels) - (int32_t)g->padding_pixels;")
          out.block("for (uint32_t c = 0; c < g->channels; c += 16)") { out in
            out.line("const uint32_t lanes = g->channels - c < 16 ? g->channels - c : 16;")
            out.line("qf acc = qf_set(\(isMaximum ? "-__builtin_inff()" : "0"));")
            if !isMaximum { out.line("uint32_t taps = 0, padded = 0;") }
            emitTaps(isMaximum: isMaximum, into: &out)
            if !isMaximum {
              out.line(
                """
                const uint32_t divisor = g->padded_rows ? padded : taps;
                acc = taps ? acc / (float)divisor : qf_set(0);
                """)
            }
            out.line("qf_store_n(row + (size_t)c * 4, acc, lanes);")
          }
        }
      }
    }
  }

  private static func emitTaps(isMaximum: Bool, into out: inout CSource) {
    out.block("for (uint32_t ky = 0; ky < g->kernel_rows; ++ky)") { out in
      out.line("const uint32_t ty = (uint32_t)iy + ky * g->dilation_rows;")
      out.block("for (uint32_t kx = 0; kx < g->kernel_pixels; ++kx)") { out in
        out.line("const uint32_t tx = (uint32_t)ix + kx * g->dilation_pixels;")
        if !isMaximum {
          out.line(
            """
            padded += ty + g->padding_rows < g->padded_rows &&
                tx + g->padding_pixels < g->padded_pixels;
            """)
        }
        out.line("if (ty >= g->input_rows || tx >= g->input_pixels) continue;")
        out.line(
          """
          const char *from = in + (size_t)ty * g->input_row_pitch +
              (size_t)tx * g->input_pixel_pitch + (size_t)c * 4;
          const qf v = qf_load_n(from, lanes, 0);
          """)
        out.line(isMaximum ? "acc = qf_select(v > acc, v, acc);" : "acc += v;\n++taps;")
      }
    }
  }
}
