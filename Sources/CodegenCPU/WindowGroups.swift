/// How the sums of a block of neighbouring results of one channel are cut into dot products of 4 or 2
/// taps.
///
/// The input cells under the block are grouped in fours or twos; each result takes each group that it
/// overlaps, with the taps that lie on the group's cells and zeros elsewhere. So one group, formed
/// once, serves several results.
struct WindowGroups: Hashable {
  /// An input pixel, counted from the one under the first tap of the block's first result.
  struct Cell: Hashable {
    var y: Int
    var x: Int
  }

  /// The part of the result (`row`, `pixel`) that group `group` gives.
  struct Product: Hashable {
    var group: Int
    var row: Int
    var pixel: Int
    /// The tap on each of the group's cells, numbered `ky * kw + kx`; `nil` where there is none.
    var taps: [Int?]
  }

  /// Rows and pixels of the block of results.
  let rows: Int
  let pixels: Int
  /// Cells of a whole group: 4 or 2.
  let size: Int
  /// One to ``size`` cells each.
  let groups: [[Cell]]
  /// In the order of the groups.
  let products: [Product]

  /// The block of `rows` x `pixels` results of a window of `kernel` rows and columns, whose results
  /// are `stride` input rows and pixels apart, in groups of `size` cells.
  init(
    kernel: (y: Int, x: Int), stride: (y: Int, x: Int), rows: Int, pixels: Int, size: Int
  ) {
    self.rows = rows
    self.pixels = pixels
    self.size = size
    func tap(_ cell: Cell, _ row: Int, _ pixel: Int) -> Int? {
      let (ky, kx) = (cell.y - row * stride.y, cell.x - pixel * stride.x)
      guard (0..<kernel.y).contains(ky), (0..<kernel.x).contains(kx) else { return nil }
      return ky * kernel.x + kx
    }
    let results = (0..<rows).flatMap { row in (0..<pixels).map { (row, $0) } }
    let all = WindowGroups.groups(
      height: (rows - 1) * stride.y + kernel.y, width: (pixels - 1) * stride.x + kernel.x,
      size: size)
    groups = all.compactMap { group in
      let used = group.filter { cell in results.contains { tap(cell, $0.0, $0.1) != nil } }
      return used.isEmpty ? nil : used
    }
    products = groups.enumerated().flatMap { index, group in
      results.compactMap { row, pixel in
        var taps = group.map { tap($0, row, pixel) }
        guard taps.contains(where: { $0 != nil }) else { return nil }
        taps += [Int?](repeating: nil, count: size - group.count)
        return Product(group: index, row: row, pixel: pixel, taps: taps)
      }
    }
  }

  /// The products with the same taps together, so that these are read once; in the order in which
  /// the groups they need are complete.
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
      let (left, right) = (lhs.element.map(\.group).max() ?? 0, rhs.element.map(\.group).max() ?? 0)
      return (left, lhs.offset) < (right, rhs.offset)
    }
    return ordered.map(\.element)
  }

  /// Groups along the rows; what is left of a row joins what is left of the rows below it, unless it
  /// is three cells.
  private static func groups(height: Int, width: Int, size: Int) -> [[Cell]] {
    let rest = width % size == 3 ? 0 : width % size
    var groups: [[Cell]] = []
    for y in 0..<height {
      for x in stride(from: 0, to: width - rest, by: size) {
        groups.append((x..<min(x + size, width - rest)).map { Cell(y: y, x: $0) })
      }
    }
    guard rest > 0 else { return groups }
    for y in stride(from: 0, to: height, by: size / rest) {
      groups.append(
        (y..<min(y + size / rest, height)).flatMap { row in
          (width - rest..<width).map { Cell(y: row, x: $0) }
        })
    }
    return groups
  }

  /// Vector operations for one result: eight interleave a quad, four multiply it; six widen a pair,
  /// eight multiply it and add the products.
  private var cost: Double {
    let (forming, multiplying) = size == 4 ? (8, 4) : (6, 8)
    return Double(forming * groups.count + multiplying * products.count) / Double(rows * pixels)
  }

  /// The block of at most `limit` results that costs least for each; the smallest of these.
  static func best(
    kernel: (y: Int, x: Int), stride: (y: Int, x: Int), limit: Int, size: Int
  ) -> WindowGroups {
    let single = WindowGroups(kernel: kernel, stride: stride, rows: 1, pixels: 1, size: size)
    let shapes = [(1, 2), (2, 1), (2, 2), (1, 4), (4, 1)].filter { $0.0 * $0.1 <= limit }
    return shapes.reduce(single) { best, shape in
      let block = WindowGroups(
        kernel: kernel, stride: stride, rows: shape.0, pixels: shape.1, size: size)
      return block.cost < best.cost ? block : best
    }
  }
}
