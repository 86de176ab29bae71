import KernelIR
import Targets
import Tensors

/// `dwconv` by `vpdpbusd`: four taps of a channel are one dot product, as ``WindowQuads`` cuts them.
///
/// For vectors of channels `S_rowsN(...)` goes over blocks of results; the weights of every product
/// are interleaved once, before.
struct QuadDepthwise {
  let spec: KernelSpec
  let target: CPUTarget

  /// Whether the kernel is this one: u8 results, without an activation, of a window that is worth
  /// straight-line code.
  static func takes(_ spec: KernelSpec, _ target: CPUTarget) -> Bool {
    spec.family == .depthwise && target.integerDot == .bytes && spec.operands.last == .u8
      && spec["kh"] * spec["kw"] <= 49 && spec.activation == nil
  }

  private var symbol: String { spec.symbol }
  private var hasResidual: Bool { spec["residual"] == 1 }

  /// Blocks of results, the largest first: what is left of the rows, and of the pixels of a row, is
  /// done in smaller ones.
  private var blocks: [[WindowQuads]] {
    let kernel = (spec["kh"], spec["kw"])
    let stride = (spec["sy"], spec["sx"])
    // Four sums for each result, a quad and what it is made from.
    let limit = spec["dense"] == 1 ? target.vectorRegisters / 8 : 1
    let best = WindowQuads.best(kernel: kernel, stride: stride, limit: limit)
    return Set([best.rows, 1]).sorted(by: >).map { rows in
      Set([best.pixels, 1]).sorted(by: >).map { pixels in
        WindowQuads(kernel: kernel, stride: stride, rows: rows, pixels: pixels)
      }
    }
  }

  func emit(into out: inout CSource) {
    let (widest, rest) = (target.vectorBytes, spec["tail"] % target.vectorBytes)
    let hasWhole = spec["wide"] == 1 || spec["tail"] >= widest
    let last = QuadPrelude.widths(of: target).last { rest <= $0 && rest > 0 }
    for width in Set([hasWhole ? widest : nil, last].compactMap { $0 }).sorted() {
      emitConstants(width: width, into: &out)
    }
    if hasWhole { emitRows(width: widest, count: widest, into: &out) }
    if let last { emitRows(width: last, count: rest, into: &out) }
    emitEntry(whole: hasWhole ? widest : nil, last: last, rest: rest, into: &out)
  }

  private func rowsName(_ width: Int, _ count: Int) -> String {
    "\(symbol)_rows\(width)\(count < width ? "_rest" : "")"
  }

  private func emitRows(width: Int, count: Int, into out: inout CSource) {
    emitStore(width: width, count: count, into: &out)
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
      for (index, quad) in taps.enumerated() {
        let names = quad.map { $0.map { "w\($0)" } ?? zeros }.joined(separator: ", ")
        out.line("table[\(index + 2)] = quads\(width)_of(\(names));")
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
    _ blocks: [[WindowQuads]], taps: [[Int?]], width: Int, count: Int, into out: inout CSource
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
    _ blocks: [WindowQuads], taps: [[Int?]], width: Int, count: Int, into out: inout CSource
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
        emitBlock(block, taps: taps, width: width, count: count, into: &out)
        out.line(
          """
          from += \(block.pixels) * (size_t)g->pixel_step;
          rest += \(block.pixels) * (size_t)g->residual_pixel_pitch;
          to += \(block.pixels) * (size_t)g->output_pixel_pitch;
          """)
      }
    }
  }

  private func emitBlock(
    _ block: WindowQuads, taps: [[Int?]], width: Int, count: Int, into out: inout CSource
  ) {
    let results = (0..<block.rows).flatMap { row in (0..<block.pixels).map { (row, $0) } }
    out.line("const quads\(width) first = table[0], scale = table[1];")
    for (row, pixel) in results { out.line("quads\(width) acc\(row)_\(pixel) = first;") }
    var formed = 0
    for products in block.productsByTaps {
      while formed <= products.map(\.quad).max() ?? 0 {
        emitQuad(block.quads[formed], number: formed, width: width, into: &out)
        formed += 1
      }
      guard let entry = taps.firstIndex(of: products[0].taps) else { continue }
      for part in 0..<4 {
        out.block("") { out in
          out.line("const bytes\(width) w = table[\(entry + 2)].part[\(part)];")
          for product in products {
            let sum = "acc\(product.row)_\(product.pixel).part[\(part)]"
            out.line("\(sum) = bytes\(width)_dot(\(sum), a\(product.quad).part[\(part)], w);")
          }
        }
      }
    }
    for (row, pixel) in results {
      func place(_ name: String, _ pitch: String) -> String {
        "\(name) + \(row) * (size_t)g->\(pitch)_row_pitch + \(pixel) * (size_t)g->\(pitch)_pixel_pitch"
      }
      out.line(
        """
        \(symbol)_store\(width)\(count < width ? "_rest" : "")(&e, acc\(row)_\(pixel), scale,
            \(place("rest", "residual")),
            \(place("to", "output")));
        """)
    }
  }

  private func emitQuad(
    _ quad: [WindowQuads.Cell], number: Int, width: Int, into out: inout CSource
  ) {
    let cells = (0..<4).map { quad[min($0, quad.count - 1)] }
    let loads = cells.map { "bytes\(width)_load(from + \($0.y) * row + \($0.x) * pixel)" }
    out.line("const quads\(width) a\(number) = quads\(width)_of(")
    out.line("    \(loads.joined(separator: ",\n    ")));")
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
