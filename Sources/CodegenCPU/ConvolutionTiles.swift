import KernelIR

/// How the pixels of a row are cut into micro-tiles.
struct ConvolutionTiles: Hashable {
  /// Pixels of a whole micro-tile.
  let pixels: Int
  /// Pixels of the last micro-tile of a row; 0 when the whole ones fill it.
  let rest: Int

  /// Whole micro-tiles of a preferred size where they fit, else as few micro-tiles as can be, of like
  /// sizes.
  ///
  /// - Parameters:
  ///   - pixelClass: the spec's `px` (see ``TileSplit/pixelClass(_:)``).
  ///   - preferred: micro-tiles that use the registers well, the best first.
  init(pixelClass: Int, preferred: [Int]) {
    let isLong = pixelClass >= TileSplit.pixelBlock
    let usable = preferred.filter {
      isLong ? TileSplit.pixelBlock % $0 == 0 : $0 <= pixelClass
    }
    let whole = usable.first { pixelClass % $0 == 0 }
    let fewest = usable.min { lhs, rhs in
      ((pixelClass + lhs - 1) / lhs, lhs) < ((pixelClass + rhs - 1) / rhs, rhs)
    }
    pixels = whole ?? fewest ?? pixelClass
    rest = pixelClass % pixels
  }
}
