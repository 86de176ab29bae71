/// The C of one block of results of ``WindowDepthwise``, for `count` of `width` channels.
///
/// In its scope are `e`, `table`, the steps `row` and `pixel` from cell to cell, and `from`, `rest` and
/// `to` of the block's first result.
struct WindowBlock {
  let kernel: WindowDepthwise
  let block: WindowGroups
  /// The taps whose weights are entries 2, 3, ... of the table.
  let taps: [[Int?]]
  let width: Int
  let count: Int

  private var symbol: String { kernel.symbol }
  private var vector: String { "bytes\(width)" }
  private var store: ChannelStore { kernel.store(width) }
  private var results: [(row: Int, pixel: Int)] {
    (0..<block.rows).flatMap { row in (0..<block.pixels).map { (row, $0) } }
  }

  /// The C expression of a result's place behind `name`.
  private func place(_ name: String, _ pitch: String, _ result: (row: Int, pixel: Int)) -> String {
    "\(name) + \(result.row) * (size_t)g->\(pitch)_row_pitch"
      + " + \(result.pixel) * (size_t)g->\(pitch)_pixel_pitch"
  }

  private func load(_ cell: WindowGroups.Cell) -> String {
    "\(vector)_load(from + \(cell.y) * row + \(cell.x) * pixel)"
  }

  /// Four taps of a channel: every quad is formed once, and the products with the same taps follow one
  /// another.
  func emitQuads(into out: inout CSource) {
    out.line("const quads\(width) first = table[0], scale = table[1];")
    for (row, pixel) in results { out.line("quads\(width) acc\(row)_\(pixel) = first;") }
    var formed = 0
    for products in block.productsByTaps {
      while formed <= products.map(\.group).max() ?? 0 {
        emitQuad(block.groups[formed], number: formed, into: &out)
        formed += 1
      }
      guard let entry = taps.firstIndex(of: products[0].taps) else { continue }
      for part in 0..<4 {
        out.block("") { out in
          out.line("const \(vector) w = table[\(entry + 2)].part[\(part)];")
          for product in products {
            let sum = "acc\(product.row)_\(product.pixel).part[\(part)]"
            out.line("\(sum) = \(vector)_dot(\(sum), a\(product.group).part[\(part)], w);")
          }
        }
      }
    }
    for result in results {
      out.block("") { out in
        store.emitResidual(place("rest", "residual", result), into: &out)
        let sum = "acc\(result.row)_\(result.pixel)"
        for half in 0..<2 {
          let words = store.words(
            sums: (0..<2).map { "\(sum).part[\(2 * half + $0)]" }, scale: "scale", half: half)
          out.line("const \(vector) words\(half) = \(words);")
        }
        emitStore("words0", "words1", result, into: &out)
      }
    }
  }

  private func emitStore(
    _ first: String, _ last: String, _ result: (row: Int, pixel: Int), into out: inout CSource
  ) {
    out.line("\(store.name(count: count))(&e, \(first), \(last),")
    out.line("    \(place("to", "output", result)));")
  }

  private func emitQuad(
    _ quad: [WindowGroups.Cell], number: Int, into out: inout CSource
  ) {
    let loads = (0..<4).map { load(quad[min($0, quad.count - 1)]) }
    out.line("const quads\(width) a\(number) = quads\(width)_of(")
    out.line("    \(loads.joined(separator: ",\n    ")));")
  }

  /// Two taps of a channel, widened to words: the halves of the channels one after the other, so that
  /// the sums of many results stay in registers.
  func emitPairs(into out: inout CSource) {
    for (row, pixel) in results { out.line("\(vector) words0_\(row)_\(pixel);") }
    for (row, pixel) in results { out.line("\(vector) words1_\(row)_\(pixel);") }
    for half in 0..<2 {
      out.block("") { out in
        for (row, pixel) in results {
          for part in 0..<2 {
            out.line("\(vector) acc\(row)_\(pixel)_\(part) = table[0].part[\(2 * half + part)];")
          }
        }
        for number in block.groups.indices { emitPair(number, half: half, into: &out) }
        for result in results {
          out.block("") { out in
            store.emitResidual(place("rest", "residual", result), into: &out)
            let id = "\(result.row)_\(result.pixel)"
            let words = store.words(
              sums: (0..<2).map { "acc\(id)_\($0)" }, scale: "table[1]", half: half)
            out.line("words\(half)_\(id) = \(words);")
          }
        }
      }
    }
    for result in results {
      let id = "\(result.row)_\(result.pixel)"
      emitStore("words0_\(id)", "words1_\(id)", result, into: &out)
    }
  }

  private func emitPair(_ number: Int, half: Int, into out: inout CSource) {
    let cells = block.groups[number]
    out.block("") { out in
      out.line("const \(vector) pair = \(vector)_interleave_\(half == 0 ? "low" : "high")(")
      out.line("    \(load(cells[0])), \(load(cells[cells.count - 1])));")
      out.line("const \(vector) a0 = \(vector)_widen_low(pair), a1 = \(vector)_widen_high(pair);")
      for product in block.products where product.group == number {
        guard let entry = taps.firstIndex(of: product.taps) else { continue }
        for part in 0..<2 {
          let sum = "acc\(product.row)_\(product.pixel)_\(part)"
          out.line(
            """
            \(sum) = \(vector)_dot_pairs(\(sum), a\(part),
                table[\(entry + 2)].part[\(2 * half + part)]);
            """)
        }
      }
    }
  }
}
