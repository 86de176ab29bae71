import KernelIR

extension KernelEmitter {
  /// Emits `dwconvf`: 16 channels of four neighbouring result pixels at a time.
  static let floatDepthwise = KernelEmitter(
    .floatDepthwise, FloatDepthwiseKernel.layout
  ) { spec, _, out in
    let epilogue = FloatEpilogueEmitter(spec)
    emitDepthwisePixels(spec, epilogue, into: &out)
    out.kernel(spec.symbol, FloatDepthwiseKernel.layout) { out in
      epilogue.declareBuffers(into: &out)
      out.line("const uint32_t taps = g->kernel_rows * g->kernel_pixels;")
      out.block("for (uint32_t tile = begin; tile < end; ++tile)") { out in
        out.line(
          """
          const uint32_t n = tile / g->rows, y = tile % g->rows;
          const char *in = input + g->input_origin + (size_t)n * g->input_image_pitch;
          char *to = output + g->output_origin + (size_t)n * g->output_image_pitch +
              (size_t)y * g->output_row_pitch;
          const char *r = residual;
          """)
        if epilogue.hasResidual {
          out.line(
            """
            r += g->residual_origin + (size_t)n * g->residual_image_pitch +
                (size_t)y * g->residual_row_pitch;
            """)
        }
        out.block("for (uint32_t x = 0; x < g->pixels; x += 4)") { out in
          out.line("const uint32_t count = g->pixels - x < 4 ? g->pixels - x : 4;")
          out.block("for (uint32_t c = 0; c < g->channels; c += 16)") { out in
            out.line(
              """
              const uint32_t lanes = g->channels - c < 16 ? g->channels - c : 16;
              const char *w = weights + (size_t)c * taps * 4, *b = bias + (size_t)c * 4;
              """)
            let arguments = "g, in, w, b, r, to, y, x, count, c"
            out.line("if (lanes == 16) \(spec.symbol)_whole(\(arguments));")
            out.line("else \(spec.symbol)_part(\(arguments), lanes);")
          }
        }
      }
    }
  }

  /// `<symbol>_whole` for 16 channels and `<symbol>_part` for the last ones.
  private static func emitDepthwisePixels(
    _ spec: KernelSpec, _ epilogue: FloatEpilogueEmitter, into out: inout CSource
  ) {
    let parameters = """
      const \(FloatDepthwiseKernel.layout.structName) *g, const char *in, const char *w,
          const char *b, const char *r, char *to, uint32_t y, uint32_t x, uint32_t count, uint32_t c
      """
    for isWhole in [true, false] {
      let header = isWhole ? "whole(\(parameters))" : "part(\(parameters), uint32_t lanes)"
      out.block("static void \(spec.symbol)_\(header)") { out in
        emitDepthwiseBody(
          epilogue, lanes: isWhole ? "16" : "lanes", unroll: isWhole ? "QF_UNROLL " : "", into: &out
        )
      }
    }
    out.blank()
  }

  private static func emitDepthwiseBody(
    _ epilogue: FloatEpilogueEmitter, lanes: String, unroll: String, into out: inout CSource
  ) {
    out.line(
      """
      const int32_t iy = (int32_t)(y * g->stride_rows) - (int32_t)g->padding_rows;
      const int32_t ix = (int32_t)(x * g->stride_pixels) - (int32_t)g->padding_pixels;
      const uint32_t height = (g->kernel_rows - 1) * g->dilation_rows;
      const uint32_t reach = (g->kernel_pixels - 1) * g->dilation_pixels + 3 * g->stride_pixels;
      const int inside = count == 4 && iy >= 0 && ix >= 0 &&
          (uint32_t)iy + height < g->input_rows && (uint32_t)ix + reach < g->input_pixels;
      qf acc[4] = {qf_set(0), qf_set(0), qf_set(0), qf_set(0)};
      """)
    out.block("if (inside)") { out in
      out.line(
        """
        const size_t step = (size_t)g->stride_pixels * g->input_pixel_pitch;
        const size_t tap_step = (size_t)g->dilation_pixels * g->input_pixel_pitch;
        const char *row = in + (size_t)iy * g->input_row_pitch +
            (size_t)ix * g->input_pixel_pitch + (size_t)c * 4;
        """)
      out.block("for (uint32_t ky = 0; ky < g->kernel_rows; ++ky)") { out in
        out.line("const char *p = row + (size_t)ky * g->dilation_rows * g->input_row_pitch;")
        out.block("for (uint32_t kx = 0; kx < g->kernel_pixels; ++kx, w += 64, p += tap_step)") {
          $0.line("const qf weight = qf_load(w);")
          for m in 0..<4 {
            $0.line(
              "acc[\(m)] = qf_fma(qf_load_n(p + \(m) * step, \(lanes), 0), weight, acc[\(m)]);")
          }
        }
      }
    }
    out.block("else") { out in
      out.block("for (uint32_t ky = 0; ky < g->kernel_rows; ++ky)") { out in
        out.line(
          """
          const uint32_t row = (uint32_t)iy + ky * g->dilation_rows;
          const int row_inside = row < g->input_rows;
          const char *from = in + (size_t)c * 4;
          if (row_inside) from += (size_t)row * g->input_row_pitch;
          """)
        out.block("for (uint32_t kx = 0; kx < g->kernel_pixels; ++kx, w += 64)") { out in
          out.line(
            """
            const qf weight = qf_load(w);
            const uint32_t first = (uint32_t)ix + kx * g->dilation_pixels;
            """)
          out.block("\(unroll)for (uint32_t m = 0; m < 4; ++m)") { out in
            out.line(
              """
              const uint32_t column = first + m * g->stride_pixels;
              qf value = qf_set(0);
              if (row_inside && column < g->input_pixels) {
                value = qf_load_n(from + (size_t)column * g->input_pixel_pitch, \(lanes), 0);
              }
              acc[m] = qf_fma(value, weight, acc[m]);
              """)
          }
        }
      }
    }
    out.block("\(unroll)for (uint32_t m = 0; m < 4; ++m)") { out in
      out.line("if (m >= count) continue;")
      out.line("qf v = acc[m];")
      out.line(
        epilogue.statements(
          "v", bias: "qf_load(b)",
          residual:
            "qf_load_n(r + (size_t)(x + m) * g->residual_pixel_pitch + (size_t)c * 4, \(lanes), 0)")
      )
      out.line(
        "qf_store_n(to + (size_t)(x + m) * g->output_pixel_pitch + (size_t)c * 4, v, \(lanes));")
    }
  }
}
