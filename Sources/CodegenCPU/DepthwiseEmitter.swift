import KernelIR
import Targets
import Tensors

/// Writes a `dwconv` kernel: for a chunk of rows, vectors of channels; for those, rows and pixels.
///
/// Several taps of a channel are one dot product: see ``WindowDepthwise``. What that does not take
/// has two taps of a channel as the words of one lane, and a dense 3x3 window of stride 1 slides: each
/// column of input pixels is read once for three pixels of two result rows.
func emitDepthwise(_ spec: KernelSpec, _ target: CPUTarget, _ out: inout CSource) {
  if WindowDepthwise.takes(spec, target) {
    WindowDepthwise(spec: spec, target: target).emit(into: &out)
    return
  }
  let epilogue = EpilogueEmitter(spec: spec, target: target, arguments: DepthwiseKernel.layout)
  epilogue.emit(into: &out)
  let emitter = DepthwiseEmitter(spec: spec, target: target, epilogue: epilogue)
  let slides =
    spec["kh"] == 3 && spec["kw"] == 3 && spec["sy"] == 1 && spec["sx"] == 1 && spec["dense"] == 1
  for partial in spec["tail"] % target.lanes > 0 ? [false, true] : [false] {
    if slides {
      SlidingDepthwise(emitter: emitter).emit(partial: partial, into: &out)
    } else {
      emitter.emitRows(partial: partial, into: &out)
    }
  }
  emitter.emitEntry(into: &out)
}

struct DepthwiseEmitter {
  let spec: KernelSpec
  let target: CPUTarget
  let epilogue: EpilogueEmitter

  var symbol: String { spec.symbol }
  private var inputBytes: Int { spec.operands[0].bitWidth / 8 }
  /// The function that joins the same channels of two taps.
  var pairs: String { "vi_pairs_\(spec.operands[0].storageName)" }
  /// Channels of the last, partial vector; 0 when there is none.
  var rest: Int { spec["tail"] % target.lanes }

  /// The head of `S_rows`: result rows y0 ..< y1 of the channels of one vector, which every pointer
  /// stands at.
  func rowsHeader(partial: Bool) -> String {
    """
    static void \(symbol)_rows\(partial ? "_rest" : "")(const qc_dwconv_args *g,
        const \(symbol)_constants *e, const uint8_t *input, const int8_t *w, vi start, vf factor,
        const uint8_t *residual, uint8_t *output, uint32_t y0, uint32_t y1)
    """
  }

  /// Stores the sums `acc` of the pixel whose bytes `to` and `rest` point at.
  func store(_ acc: String, to: String, residual: String, partial: Bool) -> String {
    let (suffix, count) = partial ? ("_n", ", \(rest)") : ("", "")
    return """
      \(symbol)_store\(suffix)(e, \(symbol)_value(e, \(acc), factor,
          \(epilogue.residual(residual, count: partial ? "\(rest)" : nil))), \(to)\(count));
      """
  }

  /// Any window: the taps in pairs, in the order of the weights.
  func emitRows(partial: Bool, into out: inout CSource) {
    let taps = spec["kh"] * spec["kw"]
    out.block(rowsHeader(partial: partial)) { out in
      out.line("static const int8_t zeros[16] = {0};")
      out.line("uint32_t offset[\(taps + 1)];")
      out.line("vi pair[\((taps + 1) / 2)];")
      out.line("for (uint32_t t = 0; t < \(taps); ++t)")
      out.line(
        "  offset[t] = t / \(spec["kw"]) * g->tap_row_step + t % \(spec["kw"]) * g->tap_pixel_step;"
      )
      out.line("offset[\(taps)] = 0;")
      out.line("for (uint32_t t = 0; t < \(taps); t += 2)")
      out.line(
        """
          pair[t / 2] = vi_pairs_s8(w + t * g->tap_bytes,
              t + 1 < \(taps) ? w + (t + 1) * g->tap_bytes : zeros);
        """)
      out.block("for (uint32_t y = y0; y < y1; ++y)") { out in
        out.line("const uint8_t *from = input + (size_t)y * g->row_step;")
        out.line("const uint8_t *rest = residual + (size_t)y * g->residual_row_pitch;")
        out.line("uint8_t *to = output + (size_t)y * g->output_row_pitch;")
        out.block("for (uint32_t x = 0; x < g->pixels; ++x)") { out in
          out.line("vi acc = start;")
          out.line("#pragma clang loop unroll(\(taps <= 25 ? "full" : "disable"))")
          out.block("for (uint32_t t = 0; t < \(taps); t += 2)") { out in
            out.line("const vi a = \(pairs)(from + offset[t], from + offset[t + 1]);")
            out.line("acc = vi_dot_pairs(acc, a, pair[t / 2]);")
          }
          out.line(store("acc", to: "to", residual: "rest", partial: partial))
          out.line(
            "from += g->pixel_step;\nrest += g->residual_pixel_pitch;\nto += g->output_pixel_pitch;"
          )
        }
      }
    }
    out.blank()
  }

  func emitEntry(into out: inout CSource) {
    emitDepthwiseEntry(spec, hasResidual: epilogue.hasResidual, rows: "rows_per_chunk", &out) {
      out in
      out.line("const \(symbol)_constants constants = \(symbol)_broadcast(g), *e = &constants;")
      out.block("for (uint32_t c = 0; c < g->channels; c += VL)") { out in
        let call = """
          (g, e, in + c * \(inputBytes), weights + c, vi_load(start + c), vf_load(factor + c),
              other + c * \(epilogue.residualBytes), to + c * \(epilogue.columnBytes), y0, y1);
          """
        if rest > 0 {
          out.line("if (g->channels - c < VL) \(symbol)_rows_rest\(call)")
          out.line("else \(symbol)_rows\(call)")
        } else {
          out.line("\(symbol)_rows\(call)")
        }
      }
    }
  }
}

/// The entry of a `dwconv` kernel: joins its tiles into chunks of as many result rows as the record's
/// field `rows` says. In `chunk` these are rows y0 ..< y1 of an image whose operands are at `in`,
/// `other` (the residual) and `to`.
func emitDepthwiseEntry(
  _ spec: KernelSpec, hasResidual: Bool, rows: String, _ out: inout CSource,
  chunk: (inout CSource) -> Void
) {
  out.kernel(spec.symbol, DepthwiseKernel.layout) { out in
    out.line("const uint8_t *input = (const uint8_t *)buffers[0] + g->input_origin;")
    out.line("const int8_t *weights = buffers[1];")
    out.line("const int32_t *start = buffers[2];")
    out.line("const float *factor = (const float *)(start + g->tap_bytes);")
    out.line(
      hasResidual
        ? "const uint8_t *residual = (const uint8_t *)buffers[3] + g->residual_origin;"
        : "const uint8_t *residual = input;")
    out.line("uint8_t *output = (uint8_t *)buffers[\(hasResidual ? 4 : 3)] + g->output_origin;")
    let result = spec.operands.last ?? .u8
    let fillsHalo = result.isStoredActivation
    if fillsHalo { out.halo(channelBytes: result.bitWidth / 8) }
    out.block("for (uint32_t tile = begin; tile < end;)") { out in
      out.line(
        """
        const uint32_t image = tile / g->rows, y0 = tile % g->rows;
        const uint32_t y1 = qc_min(g->rows, y0 + qc_min(g->\(rows), end - tile));
        const uint8_t *in = input + (size_t)image * g->input_image_pitch;
        const uint8_t *other = residual + (size_t)image * g->residual_image_pitch;
        uint8_t *to = output + (size_t)image * g->output_image_pitch;
        """)
      chunk(&out)
      if fillsHalo {
        out.line("for (uint32_t y = y0; y < y1; ++y)")
        out.line("  qc_fill_halo(&halo, to + (size_t)y * g->output_row_pitch, y);")
      }
      out.line("tile += y1 - y0;")
    }
  }
}
