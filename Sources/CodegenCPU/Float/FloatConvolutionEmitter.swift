import KernelIR
import Targets

extension KernelEmitter {
  /// Emits `convf`: blocks of result pixels times panels of columns.
  ///
  /// Each pixel is a row pointer that moves from tap to tap; a tap in the padding reads zeros from
  /// the scratch, so that it takes part in the sums as the definition says.
  static let floatConvolution = KernelEmitter(
    .floatConvolution, FloatConvolutionKernel.layout
  ) { spec, target, out in
    let emitter = FloatConvolutionEmitter(spec: spec, target: target)
    emitter.emitPixels(into: &out)
    for tile in FloatTile.variants(for: target) {
      tile.emitCore(spec.symbol, into: &out)
      emitter.emitTile(tile, into: &out)
    }
    emitter.emitEntry(into: &out)
  }
}

private struct FloatConvolutionEmitter {
  let spec: KernelSpec
  let target: CPUTarget

  private var symbol: String { spec.symbol }
  private var epilogue: FloatEpilogueEmitter { FloatEpilogueEmitter(spec) }
  private var arguments: String { FloatConvolutionKernel.layout.structName }
  private var limit: Int { FloatConvolutionKernel.blockPixels }

  /// `<symbol>_pixels` and the function that finds them: where a block's pixels read and write.
  func emitPixels(into out: inout CSource) {
    out.line(
      """
      typedef struct {
        const char *input[\(limit)]; /* the tap (0, 0) of each pixel, which may lie outside */
        const char *residual[\(limit)];
        char *output[\(limit)];
        int32_t y[\(limit)], x[\(limit)]; /* that tap's position in the image */
        uint32_t count, inside; /* inside: no tap of the block lies in the padding */
      } \(symbol)_pixels;
      """)
    out.block(
      """
      static void \(symbol)_find(const \(arguments) *g, const char *input, const char *residual,
          char *output, uint32_t pixel, uint32_t count, \(symbol)_pixels *p)
      """
    ) { out in
      out.line(
        """
        uint32_t x = pixel % g->pixels, rest = pixel / g->pixels;
        uint32_t y = rest % g->rows, n = rest / g->rows;
        const int32_t last_y = (int32_t)(g->input_rows - 1) -
            (int32_t)((g->kernel_rows - 1) * g->dilation_rows);
        const int32_t last_x = (int32_t)(g->input_pixels - 1) -
            (int32_t)((g->kernel_pixels - 1) * g->dilation_pixels);
        p->count = count;
        p->inside = 1;
        """)
      out.block("for (uint32_t i = 0; i < count; ++i)") { out in
        out.line(
          """
          const int32_t iy = (int32_t)(y * g->stride_rows) - (int32_t)g->padding_rows;
          const int32_t ix = (int32_t)(x * g->stride_pixels) - (int32_t)g->padding_pixels;
          p->y[i] = iy;
          p->x[i] = ix;
          p->inside &= iy >= 0 && iy <= last_y && ix >= 0 && ix <= last_x;
          p->input[i] = input + g->input_origin + (size_t)n * g->input_image_pitch +
              (intptr_t)iy * (intptr_t)g->input_row_pitch +
              (intptr_t)ix * (intptr_t)g->input_pixel_pitch;
          p->output[i] = output + g->output_origin + (size_t)n * g->output_image_pitch +
              (size_t)y * g->output_row_pitch + (size_t)x * g->output_pixel_pitch;
          """)
        if epilogue.hasResidual {
          out.line(
            """
            p->residual[i] = residual + g->residual_origin + (size_t)n * g->residual_image_pitch +
                (size_t)y * g->residual_row_pitch + (size_t)x * g->residual_pixel_pitch;
            """)
        }
        out.line(
          """
          if (++x == g->pixels) {
            x = 0;
            if (++y == g->rows) {
              y = 0;
              ++n;
            }
          }
          """)
      }
    }
    out.blank()
  }

  /// One tile: all taps of `rows` pixels from `first` on, for `panels` panels from `panel` on. Rows
  /// past the block's end repeat its last pixel and are not stored.
  func emitTile(_ tile: FloatTile, into out: inout CSource) {
    let (rows, panels) = (tile.rows, tile.panels)
    out.block(
      """
      static void \(symbol)_tile_\(tile.suffix)(const \(arguments) *g, const \(symbol)_pixels *p,
          uint32_t first, const char *weights, const char *bias, const char *zeros, uint32_t panel)
      """
    ) { out in
      out.line(
        """
        const uint32_t group = panel / g->panels_per_group;
        const uint32_t column = (panel - group * g->panels_per_group) * 16;
        const size_t channel = (size_t)group * g->columns_per_group + column;
        const char *w = weights + (size_t)panel * g->panel_bytes;
        const int joined = p->inside && g->contiguous;
        const uint32_t taps_across = joined ? 1 : g->kernel_pixels;
        const size_t run = joined ? (size_t)g->kernel_pixels * g->depth : g->depth;
        const char *base[\(rows)], *a[\(rows)];
        uint32_t pixel[\(rows)];
        qf acc[\(rows)][\(panels)];
        """)
      out.block("QF_UNROLL for (uint32_t m = 0; m < \(rows); ++m)") { out in
        out.line(
          """
          pixel[m] = first + m < p->count ? first + m : p->count - 1;
          base[m] = p->input[pixel[m]] + (size_t)group * g->group_step;
          QF_UNROLL for (uint32_t z = 0; z < \(panels); ++z) acc[m][z] = qf_set(0);
          """)
      }
      out.block("for (uint32_t ky = 0; ky < g->kernel_rows; ++ky)") { out in
        out.block("for (uint32_t kx = 0; kx < taps_across; ++kx)") { out in
          out.line(
            """
            const uint32_t dy = ky * g->dilation_rows, dx = kx * g->dilation_pixels;
            const size_t move = (size_t)dy * g->input_row_pitch + (size_t)dx * g->input_pixel_pitch;
            """)
          out.block("QF_UNROLL for (uint32_t m = 0; m < \(rows); ++m)") { out in
            out.line(
              """
              const int is_data = p->inside || ((uint32_t)p->y[pixel[m]] + dy < g->input_rows &&
                                                (uint32_t)p->x[pixel[m]] + dx < g->input_pixels);
              a[m] = is_data ? base[m] + move : zeros;
              """)
          }
          out.line("\(symbol)_core_\(tile.suffix)(a, w, 64, g->panel_bytes, run, acc);")
          out.line("w += run * 64;")
        }
      }
      out.block("QF_UNROLL for (uint32_t m = 0; m < \(rows); ++m)") { out in
        out.line("if (first + m >= p->count) continue;")
        out.block("QF_UNROLL for (uint32_t z = 0; z < \(panels); ++z)") { emitStore(into: &$0) }
      }
    }
    out.blank()
  }

  private func emitStore(into out: inout CSource) {
    out.line("char *to = p->output[pixel[m]] + (channel + 16 * z) * 4;")
    out.line("qf v = acc[m][z];")
    out.line(
      """
      const uint32_t left = g->columns_per_group - column - 16 * z;
      const uint32_t n = left < 16 ? left : 16;
      """)
    out.line(
      epilogue.statements(
        "v", bias: "qf_load(bias + ((size_t)panel + z) * 64)",
        residual: "qf_load_n(p->residual[pixel[m]] + (channel + 16 * z) * 4, n, 0)"))
    out.line("qf_store_n(to, v, n);")
  }

  func emitEntry(into out: inout CSource) {
    let panels = FloatConvolutionKernel.blockPanels
    out.kernel(symbol, FloatConvolutionKernel.layout) { out in
      epilogue.declareBuffers(into: &out)
      out.line(
        """
        const uint32_t all = g->images * g->rows * g->pixels;
        float *zeros = scratch;
        for (uint32_t i = 0; i < g->depth; ++i) zeros[i] = 0;
        """)
      out.block("for (uint32_t tile = begin; tile < end; ++tile)") { out in
        out.line(
          """
          const uint32_t first = tile % g->pixel_blocks * \(limit);
          const uint32_t count = all - first < \(limit) ? all - first : \(limit);
          uint32_t panel = tile / g->pixel_blocks * \(panels);
          const uint32_t panel_end = g->panels - panel < \(panels) ? g->panels : panel + \(panels);
          \(symbol)_pixels p;
          \(symbol)_find(g, input, residual, output, first, count, &p);
          """)
        out.block("while (panel < panel_end)") { out in
          out.line(
            """
            const uint32_t group_left = g->panels_per_group - panel % g->panels_per_group;
            const uint32_t tile_left = panel_end - panel;
            const uint32_t left = tile_left < group_left ? tile_left : group_left;
            (void)left;
            """)
          FloatTile.dispatch(for: target, rows: "count", panels: "left", into: &out) { tile in
            """
            for (uint32_t m = 0; m < count; m += \(tile.rows)) {
              \(symbol)_tile_\(tile.suffix)(g, &p, m, weights, bias, (const char *)zeros, panel);
            }
            panel += \(tile.panels);
            """
          }
        }
      }
    }
  }
}
