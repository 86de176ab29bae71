import KernelIR
import Targets
import Tensors

/// Writes a `conv` kernel: the entry, which joins its tiles into chunks, and one chunk function that
/// each kind of target has its own micro-kernels for.
func emitConvolution(_ spec: KernelSpec, _ target: CPUTarget, _ out: inout CSource) {
  let epilogue = EpilogueEmitter(spec: spec, target: target, arguments: ConvolutionKernel.layout)
  epilogue.emit(into: &out)
  switch target.integerDot {
  case .words where spec.readsWords:
    HalfPanelConvolution(spec: spec, target: target, epilogue: epilogue).emit(into: &out)
  case .words:
    if let columns = WordConvolution.columns(spec) {
      WordConvolution(spec: spec, epilogue: epilogue, columns: columns).emit(into: &out)
    } else if spec["pairs"] == 1 {
      RowPairConvolution(spec: spec, epilogue: epilogue).emit(into: &out)
    } else {
      WidenedConvolution(spec: spec, epilogue: epilogue).emit(into: &out)
    }
  case .bytes:
    if target.vectorBytes == 64 {
      ByteConvolution(spec: spec, epilogue: epilogue).emit(into: &out)
    } else {
      HalfPanelConvolution(spec: spec, target: target, epilogue: epilogue).emit(into: &out)
    }
  case .none: PlainConvolution(spec: spec, epilogue: epilogue).emit(into: &out)
  }
  if spec.gathersRows { RowGathering(spec: spec, target: target).emit(into: &out) }
  emitConvolutionEntry(spec, hasResidual: epilogue.hasResidual, into: &out)
}

/// The dot products of each reduction loop that ``emitConvolution`` writes.
func convolutionDotCounts(_ spec: KernelSpec, _ target: CPUTarget) -> Set<Int> {
  let epilogue = EpilogueEmitter(spec: spec, target: target, arguments: ConvolutionKernel.layout)
  switch target.integerDot {
  case .words where spec.readsWords:
    return HalfPanelConvolution(spec: spec, target: target, epilogue: epilogue).dotCounts
  case .words:
    if let columns = WordConvolution.columns(spec) {
      return WordConvolution(spec: spec, epilogue: epilogue, columns: columns).dotCounts
    }
    return spec["pairs"] == 1
      ? RowPairConvolution(spec: spec, epilogue: epilogue).dotCounts
      : WidenedConvolution(spec: spec, epilogue: epilogue).dotCounts
  case .bytes:
    return target.vectorBytes == 64
      ? ByteConvolution(spec: spec, epilogue: epilogue).dotCounts
      : HalfPanelConvolution(spec: spec, target: target, epilogue: epilogue).dotCounts
  case .none: return []
  }
}

extension KernelSpec {
  /// Whether the activations of a `conv` have 16 bits.
  var readsWords: Bool { operands[0] == .i16 }

  /// Weights that meet four bytes of a pixel: 16 columns of two or four k.
  var quadBytes: Int { PanelLayout.panelColumns * PanelLayout.quadDepth(operands[0]) }
}

extension CSource {
  /// The chunk function `S_chunk` of a convolution: result rows y0 ..< y1, pixels x0 ..< x1 and panels
  /// p0 ..< p1 of one image. The epilogue's constants `*e`, and `factor`, are in the body's scope.
  mutating func convolutionChunk(_ symbol: String, _ body: (inout CSource) -> Void) {
    line("static void \(symbol)_chunk")
    block(
      """
      (const qc_conv_args *g, const uint8_t *input, const int8_t *weights, const int32_t *start,
          const uint8_t *residual, uint8_t *output, void *scratch, uint32_t y0, uint32_t y1,
          uint32_t x0, uint32_t x1, uint32_t p0, uint32_t p1)
      """
    ) { out in
      out.line("const \(symbol)_constants constants = \(symbol)_broadcast(g), *e = &constants;")
      out.line("const float *factor = (const float *)(start + g->panels * 16);")
      body(&out)
    }
  }
}

private func emitConvolutionEntry(
  _ spec: KernelSpec, hasResidual: Bool, into out: inout CSource
) {
  out.kernel(spec.symbol, ConvolutionKernel.layout) { out in
    out.line("const uint8_t *input = (const uint8_t *)buffers[0] + g->input_origin;")
    out.line("const int8_t *weights = buffers[1];")
    out.line("const int32_t *start = buffers[2];")
    if hasResidual {
      out.line("const uint8_t *residual = (const uint8_t *)buffers[3] + g->residual_origin;")
    } else {
      out.line("const uint8_t *residual = input;")
    }
    out.line("uint8_t *output = (uint8_t *)buffers[\(hasResidual ? 4 : 3)] + g->output_origin;")
    switch TileSplit(rawValue: spec["split"]) {
    case .rows: emitRowSplit(spec, into: &out)
    case .pixels: emitPixelSplit(spec, into: &out)
    case .panels: emitPanelSplit(spec, into: &out)
    case nil: preconditionFailure("no split \(spec["split"])")
    }
  }
}

private func emitRowSplit(_ spec: KernelSpec, into out: inout CSource) {
  let result = spec.operands.last ?? .u8
  if result.isStoredActivation { out.halo(channelBytes: result.bitWidth / 8) }
  let border = spec.isBordered ? "(const uint8_t *)(start + 32 * g->panels)" : "0"
  out.block("for (uint32_t tile = begin; tile < end;)") { out in
    out.line(
      """
      const uint32_t image = tile / g->rows, y0 = tile % g->rows;
      const uint32_t y1 = qc_min(g->rows, y0 + qc_min(g->rows_per_chunk, end - tile));
      const uint8_t *in = input + (size_t)image * g->input_image_pitch;
      const uint8_t *rest = residual + (size_t)image * g->residual_image_pitch;
      uint8_t *to = output + (size_t)image * g->output_image_pitch;
      """)
    if spec.gathersRows {
      out.line(
        """
        \(spec.symbol)_gather(g, in, scratch, y0, y1);
        /* As if all rows of the image were gathered. */
        in = (const uint8_t *)scratch - (size_t)y0 * g->row_step;
        """)
    }
    let scratch = spec.gathersRows ? "(uint8_t *)scratch + g->gathered_bytes" : "scratch"
    out.line(
      """
      \(spec.symbol)_chunk(g, in, weights, start, rest, to, \(scratch), y0, y1, 0,
          g->pixels, 0, g->panels);
      """)
    if result.isStoredActivation {
      out.line("for (uint32_t y = y0; y < y1; ++y)")
      out.line("  qc_fill_around(&halo, to + (size_t)y * g->output_row_pitch, y, \(border));")
    }
    out.line("tile += y1 - y0;")
  }
}

private func emitPixelSplit(_ spec: KernelSpec, into out: inout CSource) {
  out.line("const uint32_t last = qc_min(g->pixels, end * \(TileSplit.pixelBlock));")
  emitPixelChunks(spec, from: "begin * \(TileSplit.pixelBlock)", to: "last", "0, g->panels", &out)
}

private func emitPanelSplit(_ spec: KernelSpec, into out: inout CSource) {
  emitPixelChunks(spec, from: "0", to: "g->pixels", "begin, end", &out)
}

private func emitPixelChunks(
  _ spec: KernelSpec, from first: String, to last: String, _ panels: String, _ out: inout CSource
) {
  out.block("for (uint32_t x = \(first); x < \(last);)") { out in
    out.line(
      """
      const uint32_t x1 = qc_min(\(last), x + g->pixels_per_chunk);
      \(spec.symbol)_chunk(g, input, weights, start, residual, output, scratch, 0, 1, x, x1,
          \(panels));
      x = x1;
      """)
  }
}
