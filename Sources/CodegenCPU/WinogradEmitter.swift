import KernelIR
import Targets
import Tensors

/// Writes a `winograd` kernel: the parts of the work, those on blocks once for each of their kinds, and
/// the entry, which goes over chunks and panels.
///
/// In scratch memory lie the transformed weights of a panel, `[pair of channels][position][column][channel
/// of the pair]`, the sums of a round, `[position][block][column]`, and the transformed pixels of a chunk,
/// `[round][block][position][channel]`.
func emitWinograd(_ spec: KernelSpec, _ target: CPUTarget, _ out: inout CSource) {
  let epilogue = EpilogueEmitter(spec: spec, target: target, arguments: WinogradKernel.layout)
  epilogue.emit(into: &out)
  let transforms = WinogradTransforms(spec: spec, target: target)
  transforms.emitWeights(into: &out)
  for kind in spec.winogradKinds {
    transforms.emitPixels(kind, into: &out)
    WinogradProducts(spec: spec, target: target, kind: kind).emit(into: &out)
    WinogradResults(spec: spec, target: target, kind: kind, epilogue: epilogue).emit(into: &out)
  }
  emitPart(spec, hasResidual: epilogue.hasResidual, &out)
  emitEntry(spec, &out)
}

/// The dot products of each reduction loop that ``emitWinograd`` writes.
func winogradDotCounts(_ spec: KernelSpec, _ target: CPUTarget) -> Set<Int> {
  Set(spec.winogradKinds.map { WinogradProducts(spec: spec, target: target, kind: $0).dotCount })
}

extension KernelSpec {
  /// The kinds of blocks that a `winograd` kernel has.
  var winogradKinds: [WinogradBlocking.Kind] {
    WinogradBlocking.kinds.filter { self[$0.name] > 0 }
  }

  /// Bytes from one block's transformed pixels to those of the next, and from round to round.
  var winogradBlockBytes: Int { WinogradBlocking.blockBytes(depth: self["depth"]) }
  fileprivate var winogradRoundBytes: Int {
    (winogradKinds.map { self[$0.name] }.max() ?? 0) * winogradBlockBytes
  }
}

/// `S_part(g, buffers, scratch, first, last, p0, p1)`: panels `p0` ..< `p1` of the rounds `first` ..<
/// `last` of a chunk.
private func emitPart(_ spec: KernelSpec, hasResidual: Bool, _ out: inout CSource) {
  let (symbol, result) = (spec.symbol, spec.operands.last ?? .u8)
  let kinds = spec.winogradKinds
  let panelBytes = 9 * spec["depth"] * PanelLayout.panelColumns
  let wordBytes = WinogradKernel.positions * 2 * PanelLayout.panelColumns * spec["depth"]
  let sums = WinogradKernel.positions * 16 * (kinds.map { spec[$0.name] }.max() ?? 0)
  out.block(
    """
    static void \(symbol)_part(const qc_winograd_args *g, void *const *buffers, void *scratch,
        uint32_t first, uint32_t last, uint32_t p0, uint32_t p1)
    """
  ) { out in
    out.line(
      """
      const uint8_t *input = (const uint8_t *)buffers[0] + g->input_origin;
      const int8_t *weights = buffers[1];
      const int32_t *start = buffers[2];
      const uint8_t *residual =
          (const uint8_t *)buffers[\(hasResidual ? 3 : 0)] + g->residual_origin;
      uint8_t *output = (uint8_t *)buffers[\(hasResidual ? 4 : 3)] + g->output_origin;
      uint8_t *const words = scratch;
      int32_t *const sums = (int32_t *)(words + \(wordBytes));
      uint8_t *const pixels = (uint8_t *)(sums + \(sums));
      const \(symbol)_constants constants = \(symbol)_broadcast(g);
      """)
    if result.isStoredActivation { out.halo(channelBytes: result.bitWidth / 8) }
    for (index, kind) in kinds.enumerated() { emitCounts(spec, kind, index, &out) }
    for (index, kind) in kinds.enumerated() { emitPixels(spec, kind, index, &out) }
    out.block("for (uint32_t p = p0; p < p1; ++p)") { out in
      out.line("\(symbol)_weights(weights + (size_t)p * \(panelBytes), words);")
      for (index, kind) in kinds.enumerated() {
        emitPanel(spec, kind, index, fillsHalo: result.isStoredActivation, &out)
      }
    }
  }
  out.blank()
}

/// A tile is a panel of all chunks, or a panel of a chunk, the panels of one after those of another.
private func emitEntry(_ spec: KernelSpec, _ out: inout CSource) {
  let call = "\(spec.symbol)_part(g, buffers, scratch, first, last, p0, p1);"
  out.kernel(spec.symbol, WinogradKernel.layout) { out in
    out.block("if (g->whole_panels)") { out in
      out.line("const uint32_t p0 = begin, p1 = end;")
      out.block("for (uint32_t first = 0, last; first < g->rounds; first = last)") { out in
        out.line("last = qc_min(g->rounds, first + g->rounds_per_chunk);\n" + call)
      }
      out.line("return;")
    }
    out.block("for (uint32_t tile = begin; tile < end;)") { out in
      out.line(
        """
        const uint32_t first = tile / g->panels * g->rounds_per_chunk;
        const uint32_t last = qc_min(g->rounds, first + g->rounds_per_chunk);
        const uint32_t p0 = tile % g->panels, p1 = qc_min(g->panels, p0 + end - tile);
        \(call)
        tile += p1 - p0;
        """)
    }
  }
}

/// Declares the blocks of kind number `index` in an image, `downN` and `acrossN`, where the first one is,
/// how many there are in all images, and the rounds before them and up to their end.
private func emitCounts(
  _ spec: KernelSpec, _ kind: WinogradBlocking.Kind, _ index: Int, _ out: inout CSource
) {
  let down = kind.height == .whole ? ("g->whole_down", "0") : ("1", "4 * g->whole_down")
  let across = kind.width == .whole ? ("g->whole_across", "0") : ("1", "4 * g->whole_across")
  let atOnce = spec[kind.name]
  out.line(
    """
    const uint32_t down\(index) = \(down.0), across\(index) = \(across.0);
    const uint32_t y\(index) = \(down.1), x\(index) = \(across.1);
    const uint32_t count\(index) = g->images * down\(index) * across\(index);
    const uint32_t before\(index) = \(index == 0 ? "0" : "end\(index - 1)");
    const uint32_t end\(index) = before\(index) + (count\(index) + \(atOnce - 1)) / \(atOnce);
    """)
}

/// A loop over the rounds of a kind that lie in the chunk; in `inRound`, `r` is the round; in `inBlock`,
/// `b` is the block's number in it, and `image`, `y`, `x` say where it lies.
private func emitRounds(
  _ spec: KernelSpec, _ kind: WinogradBlocking.Kind, _ index: Int, _ out: inout CSource,
  inRound: (inout CSource) -> Void, inBlock: (inout CSource) -> Void
) {
  let i = index
  out.line("const uint32_t from\(i) = first > before\(i) ? first : before\(i);")
  out.block("for (uint32_t r = from\(i); r < qc_min(last, end\(i)); ++r)") { out in
    out.line("const uint32_t n = (r - before\(i)) * \(spec[kind.name]);")
    out.line("uint8_t *const at = pixels + (size_t)(r - first) * \(spec.winogradRoundBytes);")
    inRound(&out)
    out.block("for (uint32_t b = 0; b < qc_min(\(spec[kind.name]), count\(i) - n); ++b)") { out in
      out.line(
        """
        const uint32_t x = x\(i) + (n + b) % across\(i) * 4;
        const uint32_t y = y\(i) + (n + b) / across\(i) % down\(i) * 4;
        const size_t image = (n + b) / (across\(i) * down\(i));
        """)
      inBlock(&out)
    }
  }
}

/// The transformed pixels of the chunk's blocks. What lies beyond the input stands for no result that is
/// kept: any bytes do.
private func emitPixels(
  _ spec: KernelSpec, _ kind: WinogradBlocking.Kind, _ index: Int, _ out: inout CSource
) {
  emitRounds(spec, kind, index, &out, inRound: { _ in }) { out in
    out.line(
      """
      const uint8_t *row[6];
      size_t pixel[6];
      for (uint32_t i = 0; i < 6; ++i) {
        row[i] = input + image * g->input_image_pitch +
            (size_t)qc_min(y + i, g->last_row) * g->input_row_pitch;
        pixel[i] = (size_t)qc_min(x + i, g->last_pixel) * g->input_pixel_pitch;
      }
      \(spec.symbol)_pixels_\(kind.name)(row, pixel, at + b * \(spec.winogradBlockBytes));
      """)
  }
}

/// The results of panel `p` for the chunk's blocks.
private func emitPanel(
  _ spec: KernelSpec, _ kind: WinogradBlocking.Kind, _ index: Int, fillsHalo: Bool,
  _ out: inout CSource
) {
  let symbol = spec.symbol
  emitRounds(
    spec, kind, index, &out,
    inRound: { $0.line("\(symbol)_products_\(kind.name)(at, words, sums);") }
  ) { out in
    out.line(
      """
      const uint32_t rows = qc_min(\(kind.height.results), g->rows - y);
      uint8_t *to = output + image * g->output_image_pitch + (size_t)y * g->output_row_pitch +
          (size_t)x * g->output_pixel_pitch;
      \(symbol)_results_\(kind.name)(g, &constants, sums + b * 16, start + p * 16,
          residual + image * g->residual_image_pitch + (size_t)y * g->residual_row_pitch +
              (size_t)x * g->residual_pixel_pitch, to, p, rows,
          qc_min(\(kind.width.results), g->pixels - x));
      """)
    if fillsHalo {
      out.block("if (p == 0 && x == 0)") { out in
        out.line("for (uint32_t i = 0; i < rows; ++i)")
        out.line("  qc_fill_halo(&halo, to + i * (size_t)g->output_row_pitch, y + i);")
      }
    }
  }
}
