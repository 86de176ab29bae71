import KernelIR

/// How ``ByteConvolution`` cuts a result into micro-tiles: some panels side by side, and for each
/// number of these, neighbouring pixels.
///
/// A k whose weights stay in the first-level cache makes small micro-tiles, so that the epilogue of one
/// runs beside the products of the next; a longer one makes larger ones, where each weight that is
/// read meets four pixels at least.
struct ByteTiles: Hashable {
  /// Numbers of panels side by side, the largest first: each takes what is left after the ones
  /// before it.
  let widths: [Int]
  /// The widths that the last micro-tile of a group may have.
  let lastWidths: [Int]
  private let pixelClass: Int
  private let sums: Int
  private let hasPanelsAhead: Bool
  private let isRow: Bool

  init(_ spec: KernelSpec) {
    let panels = spec["panels"]
    let isCut = TileSplit(rawValue: spec["split"]) == .panels
    let rest = isCut ? 3 : panels % 4
    let all = (panels >= 4 ? [4] : []) + (rest >= 2 ? [2] : []) + (rest % 2 == 1 ? [1] : [])
    widths = all.filter { $0 <= panels }
    lastWidths = isCut ? widths : widths.suffix(1)
    pixelClass = spec["px"]
    let quads = spec["kh"] * spec["kw"] * spec["quads"]
    sums = quads <= ByteTiles.nearQuads ? 8 : 16
    hasPanelsAhead = panels >= 4 && quads > ByteTiles.shortQuads
    isRow = TileSplit(rawValue: spec["split"]) != .rows
  }

  /// A k whose weights of four panels fill a little more than half of a first-level cache of 32 KiB.
  private static let nearQuads = 72
  /// A k whose weights are read too fast for a word about the next ones.
  private static let shortQuads = 32

  /// The pixels of micro-tiles that are `width` panels wide.
  func pixels(width: Int) -> ConvolutionTiles {
    let most = sums / width
    let larger = width == 4 && sums > 8 ? [most + 1, most + 2] : []
    let least = width == 4 ? 4 : 2
    let smaller = stride(from: most - 1, through: max(least, most / 2), by: -1)
    return ConvolutionTiles(pixelClass: pixelClass, preferred: [most] + larger + smaller)
  }

  /// Whether micro-tiles of `width` panels bring the weights of the next ones nearer while they
  /// compute. The only micro-tile of its panels reads them as fast as they come anyway, and one
  /// panel alone is the last.
  func readsAhead(width: Int) -> Bool {
    hasPanelsAhead && width > 1 && !(isRow && pixelClass <= pixels(width: width).pixels)
  }
}
