/// Which bytes of a buffer the tiles of a call read or write: what strips of rows follow from.
///
/// Tiles are `tilesPerImage` for each image; tile y of image n reaches `size` bytes from
/// `n * imagePitch + first + y * step`, as far as they lie in the image. Neither end goes back from a
/// tile to the next. The reach may be larger than what is touched, never smaller.
package struct TileReach: Hashable, Sendable {
  let tilesPerImage: Int
  let imagePitch: Int
  let first: Int
  let step: Int
  let size: Int
  /// Bytes of one image, halo and all.
  let image: Range<Int>
  /// Whether the first and the last tile of an image reach to its ends: the halo above and below.
  let reachesEnds: Bool

  /// The bytes of `tiles`, at least one.
  package func bytes(of tiles: Range<Int>) -> Range<Int> {
    let lower = one(tiles.lowerBound).lowerBound
    return lower..<max(lower, one(tiles.upperBound - 1).upperBound)
  }

  private func one(_ tile: Int) -> Range<Int> {
    let (n, y) = tile.quotientAndRemainder(dividingBy: tilesPerImage)
    var (lower, upper) = (first + y * step, first + y * step + size)
    if reachesEnds, y == 0 { lower = image.lowerBound }
    if reachesEnds, y == tilesPerImage - 1 { upper = image.upperBound }
    lower = min(max(lower, image.lowerBound), image.upperBound)
    upper = max(lower, min(upper, image.upperBound))
    return n * imagePitch + lower..<n * imagePitch + upper
  }

  /// The tiles among the first `count` that reach any of `bytes`.
  package func tiles(reaching bytes: Range<Int>, of count: Int) -> Range<Int> {
    let first = partition(count) { one($0).upperBound > bytes.lowerBound }
    let end = partition(count) { one($0).lowerBound >= bytes.upperBound }
    return min(first, end)..<end
  }

  /// The first of `count` tiles from which on `holds` is true.
  private func partition(_ count: Int, _ holds: (Int) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if holds(middle) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

extension ImageGeometry {
  /// Bytes of one image as far as they are known: up to the end of its last row, halo and all.
  private var imageBytes: Range<Int> {
    let start = max(0, origin - halo.top * rowPitch - halo.left * pixelPitch)
    let end = origin + (height - 1 + halo.bottom) * rowPitch
    return start..<end + (width - 1 + halo.right) * pixelPitch + channels * elementBytes
  }

  /// The reach of tiles that each make a row, or a block of pixels of the only row, with the halo
  /// beside it, and above the first and below the last.
  func reach(writing split: TileSplit) -> TileReach? {
    let left = halo.left * pixelPitch
    switch split {
    case .rows:
      return TileReach(
        tilesPerImage: height, imagePitch: imagePitch, first: origin - left, step: rowPitch,
        size: left + (width - 1 + halo.right) * pixelPitch + channels * elementBytes,
        image: imageBytes, reachesEnds: true)
    case .pixels:
      let block = TileSplit.pixelBlock * pixelPitch
      return TileReach(
        tilesPerImage: split.tileCount(for: self, panels: 1), imagePitch: imagePitch, first: origin,
        step: block, size: block, image: imageBytes, reachesEnds: true)
    case .panels:
      return nil
    }
  }

  /// The reach of tiles that read this image under a window, for a result that `split` divides.
  func reach(
    reading split: TileSplit, window: ConvolutionWindow = .pixel, of result: ImageGeometry
  ) -> TileReach? {
    switch split {
    case .rows:
      let rows = (window.kernel.y - 1) * window.dilation.y
      let left = halo.left * pixelPitch
      return TileReach(
        tilesPerImage: result.height, imagePitch: imagePitch,
        first: origin - window.padding.y * rowPitch - left, step: window.stride.y * rowPitch,
        size: rows * rowPitch + left + (width - 1 + halo.right) * pixelPitch
          + channels * elementBytes,
        image: imageBytes, reachesEnds: false)
    case .pixels:
      guard window == .pixel else { return nil }
      return reach(writing: .pixels)
    case .panels:
      return nil
    }
  }
}
