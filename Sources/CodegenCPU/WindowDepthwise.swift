import KernelIR
import Targets
import Tensors

/// `dwconv` by dot products of several taps of a channel, as ``WindowGroups`` cuts them: four taps
/// where bytes are multiplied (`vpdpbusd`), two where words are (`vpmaddwd`).
///
/// For vectors of channels `S_rowsN(...)` goes over blocks of results; the weights of every product
/// are interleaved once, before.
struct WindowDepthwise {
  let spec: KernelSpec
  let target: CPUTarget

  /// Whether the kernel is this one: u8 operands and results of a window that is worth straight-line code.
  static func takes(_ spec: KernelSpec, _ target: CPUTarget) -> Bool {
    spec.family == .depthwise && target.integerDot != .none && spec.operands[0] == .u8
      && spec.operands.last == .u8 && spec.residual != .i16
      && spec["kh"] * spec["kw"] <= 49
  }

  var symbol: String { spec.symbol }
  var hasResidual: Bool { spec["residual"] == 1 }
  var multipliesBytes: Bool { target.integerDot == .bytes }

  /// Blocks of results, the largest first: what is left of the rows, and of the pixels of a row, is
  /// done in smaller ones.
  private var blocks: [[WindowGroups]] {
    let kernel = (spec["kh"], spec["kw"])
    let stride = (spec["sy"], spec["sx"])
    let size = multipliesBytes ? 4 : 2
    let best = WindowGroups.best(kernel: kernel, stride: stride, limit: limit, size: size)
    return Set([best.rows, 1]).sorted(by: >).map { rows in
      Set([best.pixels, 1]).sorted(by: >).map { pixels in
        WindowGroups(kernel: kernel, stride: stride, rows: rows, pixels: pixels, size: size)
      }
    }
  }

  /// The results of a block: their sums, four vectors each, or two where the halves of the channels
  /// come one after the other, take half of the registers.
  private var limit: Int {
    guard spec["dense"] == 1 else { return 1 }
    guard !multipliesBytes else { return target.vectorRegisters / 8 }
    return spec["kh"] * spec["kw"] <= 25 ? target.vectorRegisters / 4 : 1
  }

  func emit(into out: inout CSource) {
    let (widest, rest) = (target.vectorBytes, spec["tail"] % target.vectorBytes)
    let hasWhole = spec["wide"] == 1 || spec["tail"] >= widest
    let last = QuadPrelude.widths(of: target).last { rest <= $0 && rest > 0 }
    for width in Set([hasWhole ? widest : nil, last].compactMap { $0 }).sorted() {
      store(width).emitValues(into: &out)
    }
    if hasWhole { emitRows(width: widest, count: widest, into: &out) }
    if let last { emitRows(width: last, count: rest, into: &out) }
    emitEntry(whole: hasWhole ? widest : nil, last: last, rest: rest, into: &out)
  }

  func store(_ width: Int) -> ChannelStore { ChannelStore(spec: spec, width: width) }

  private func rowsName(_ width: Int, _ count: Int) -> String {
    "\(symbol)_rows\(width)\(count < width ? "_rest" : "")"
  }

  private func emitRows(width: Int, count: Int, into out: inout CSource) {
    store(width).emitStore(count: count, into: &out)
    let blocks = blocks
    var taps: [[Int?]] = []
    for block in blocks.joined() {
      for product in block.products where !taps.contains(product.taps) { taps.append(product.taps) }
    }
    emitBlocks(blocks, taps: taps, width: width, count: count, into: &out)
    out.block("static void \(rowsName(width, count))\(rowsParameters)") { out in
      let zeros = "bytes\(width)_set1_bytes(0)"
      for tap in Set(taps.joined().compactMap { $0 }).sorted() {
        out.line("const bytes\(width) w\(tap) = bytes\(width)_load(w + \(tap) * g->tap_bytes);")
      }
      out.line("quads\(width) table[\(taps.count + 2)];")
      out.line("table[0] = quads\(width)_columns(start);")
      out.line("table[1] = quads\(width)_columns(factor);")
      for (index, group) in taps.enumerated() {
        let names = group.map { $0.map { "w\($0)" } ?? zeros }.joined(separator: ", ")
        let function = multipliesBytes ? "of" : "of_signed_pairs"
        out.line("table[\(index + 2)] = quads\(width)_\(function)(\(names));")
      }
      out.line("\(rowsName(width, count))_of(g, input, table, residual, output, y0, y1);")
    }
    out.blank()
  }

  private let rowsParameters = """
    (const qc_dwconv_args *g, const uint8_t *input, const int8_t *w, const int32_t *start,
        const float *factor, const uint8_t *residual, uint8_t *output, uint32_t y0, uint32_t y1)
    """

  /// `S_rowsN_of(...)`: the blocks of result rows y0 ..< y1. The table stays in memory, as operands
  /// of the dot products: start values, factors, then the weights of each product.
  private func emitBlocks(
    _ blocks: [[WindowGroups]], taps: [[Int?]], width: Int, count: Int, into out: inout CSource
  ) {
    out.line("__attribute__((noinline))")
    out.block(
      """
      static void \(rowsName(width, count))_of(const qc_dwconv_args *g, const uint8_t *input,
          const quads\(width) *table, const uint8_t *residual, uint8_t *output, uint32_t y0,
          uint32_t y1)
      """
    ) { out in
      out.line("const \(symbol)_constants\(width) e = \(symbol)_broadcast\(width)(g);")
      out.line("const size_t row = g->tap_row_step, pixel = g->tap_pixel_step;")
      out.line("uint32_t y = y0;")
      for row in blocks {
        let rows = row[0].rows
        out.rolled("for (; y + \(rows) <= y1; y += \(rows))") { out in
          emitRow(row, taps: taps, width: width, count: count, into: &out)
        }
      }
    }
    out.blank()
  }

  private func emitRow(
    _ blocks: [WindowGroups], taps: [[Int?]], width: Int, count: Int, into out: inout CSource
  ) {
    out.line(
      """
      const uint8_t *from = input + (size_t)y * g->row_step;
      const uint8_t *rest = residual + (size_t)y * g->residual_row_pitch;
      uint8_t *to = output + (size_t)y * g->output_row_pitch;
      uint32_t x = 0;
      """)
    for block in blocks {
      out.rolled("for (; x + \(block.pixels) <= g->pixels; x += \(block.pixels))") { out in
        let body = WindowBlock(
          kernel: self, block: block, taps: taps, width: width, count: count)
        if multipliesBytes { body.emitQuads(into: &out) } else { body.emitPairs(into: &out) }
        out.line(
          """
          from += \(block.pixels) * (size_t)g->pixel_step;
          rest += \(block.pixels) * (size_t)g->residual_pixel_pitch;
          to += \(block.pixels) * (size_t)g->output_pixel_pitch;
          """)
      }
    }
  }

  private func emitEntry(whole: Int?, last: Int?, rest: Int, into out: inout CSource) {
    emitDepthwiseEntry(spec, hasResidual: hasResidual, rows: "rows_per_pass", &out) { out in
      out.line("uint32_t c = 0;")
      let arguments = "(g, in + c, weights + c, start + c, factor + c, other + c, to + c, y0, y1);"
      if let whole {
        out.block("for (; c + \(whole) <= g->channels; c += \(whole))") { out in
          out.line("\(rowsName(whole, whole))\(arguments)")
        }
      }
      if let last { out.line("\(rowsName(last, rest))\(arguments)") }
    }
  }
}
