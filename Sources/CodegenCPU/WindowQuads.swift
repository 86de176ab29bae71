/// How the sums of a block of neighbouring results of one channel are cut into 4-tap dot products.
///
/// The input cells under the block are grouped in fours; each result takes each group that it
/// overlaps, with the taps that lie on the group's cells and zeros elsewhere. So one group, formed
/// once, serves several results.
struct WindowQuads: Hashable {
  /// An input pixel, counted from the one under the first tap of the block's first result.
  struct Cell: Hashable {
    var y: Int
    var x: Int
  }

  /// The part of the result (`row`, `pixel`) that quad `quad` gives.
  struct Product: Hashable {
    var quad: Int
    var row: Int
    var pixel: Int
    /// The tap on each of the quad's four cells, numbered `ky * kw + kx`; `nil` where there is none.
    var taps: [Int?]
  }

  /// Rows and pixels of the block of results.
  let rows: Int
  let pixels: Int
  /// One to four cells each.
  let quads: [[Cell]]
  /// In the order of the quads.
  let products: [Product]

  /// The block of `rows` x `pixels` results of a window of `kernel` rows and columns, whose results
  /// are `stride` input rows and pixels apart.
  init(kernel: (y: Int, x: Int), stride: (y: Int, x: Int), rows: Int, pixels: Int) {
    self.rows = rows
    self.pixels = pixels
    func tap(_ cell: Cell, _ row: Int, _ pixel: Int) -> Int? {
      let (ky, kx) = (cell.y - row * stride.y, cell.x - pixel * stride.x)
      guard (0..<kernel.y).contains(ky), (0..<kernel.x).contains(kx) else { return nil }
      return ky * kernel.x + kx
    }
    let results = (0..<rows).flatMap { row in (0..<pixels).map { (row, $0) } }
    let groups = WindowQuads.groups(
      height: (rows - 1) * stride.y + kernel.y, width: (pixels - 1) * stride.x + kernel.x)
    quads = groups.compactMap { group in
      let used = group.filter { cell in results.contains { tap(cell, $0.0, $0.1) != nil } }
      return used.isEmpty ? nil : used
    }
    products = quads.enumerated().flatMap { index, quad in
      results.compactMap { row, pixel in
        var taps = quad.map { tap($0, row, pixel) }
        guard taps.contains(where: { $0 != nil }) else { return nil }
        taps += [Int?](repeating: nil, count: 4 - quad.count)
        return Product(quad: index, row: row, pixel: pixel, taps: taps)
      }
    }
  }

  /// The products with the same taps together, so that these are read once; in the order in which
  /// the quads they need are complete.
  var productsByTaps: [[Product]] {
    var groups: [[Product]] = []
    for product in products {
      if let index = groups.firstIndex(where: { $0[0].taps == product.taps }) {
        groups[index].append(product)
      } else {
        groups.append([product])
      }
    }
    let ordered = groups.enumerated().sorted { lhs, rhs in
      let (left, right) = (lhs.element.map(\.quad).max() ?? 0, rhs.element.map(\.quad).max() ?? 0)
      return (left, lhs.offset) < (right, rhs.offset)
    }
    return ordered.map(\.element)
  }

  /// Fours along the rows; what is left of a row joins what is left of the rows below it, unless it
  /// is three cells.
  private static func groups(height: Int, width: Int) -> [[Cell]] {
    let rest = width % 4 == 3 ? 0 : width % 4
    var groups: [[Cell]] = []
    for y in 0..<height {
      for x in stride(from: 0, to: width - rest, by: 4) {
        groups.append((x..<min(x + 4, width - rest)).map { Cell(y: y, x: $0) })
      }
    }
    guard rest > 0 else { return groups }
    for y in stride(from: 0, to: height, by: 4 / rest) {
      groups.append(
        (y..<min(y + 4 / rest, height)).flatMap { row in
          (width - rest..<width).map { Cell(y: row, x: $0) }
        })
    }
    return groups
  }

  /// Vector operations for one result: eight interleave a quad, four multiply it.
  private var cost: Double { Double(8 * quads.count + 4 * products.count) / Double(rows * pixels) }

  /// The block of at most `limit` results that costs least for each; the smallest of these.
  static func best(
    kernel: (y: Int, x: Int), stride: (y: Int, x: Int), limit: Int
  ) -> WindowQuads {
    let single = WindowQuads(kernel: kernel, stride: stride, rows: 1, pixels: 1)
    let sizes = [(1, 2), (2, 1), (2, 2), (1, 4), (4, 1)].filter { $0.0 * $0.1 <= limit }
    return sizes.reduce(single) { best, size in
      let blocks = WindowQuads(kernel: kernel, stride: stride, rows: size.0, pixels: size.1)
      return blocks.cost < best.cost ? blocks : best
    }
  }
}
