/// How the results of a ``WinogradKernel`` are cut into blocks, and in which order they are worked on.
///
/// Along each axis lie blocks of four results, and, where one or two are left, a block of two: so
/// there are four kinds of blocks, of which some are worked on at once, because they share the
/// weights that are read: a round. Rounds of all kinds follow each other; those of a chunk share one
/// transform of a panel's weights.
package struct WinogradBlocking: Hashable, Sendable {
  /// The extent of a block along an axis.
  package enum Extent: Hashable, Sendable {
    /// Four results of six pixels: F(4, 3).
    case whole
    /// Two results of four pixels: F(2, 3), at four of the same points.
    case half

    package var results: Int { self == .whole ? 4 : 2 }
    /// Which of the six transformed pixels there are, of as many pixels.
    package var points: [Int] { self == .whole ? [0, 1, 2, 3, 4, 5] : [0, 1, 2, 5] }
  }

  /// Blocks of one kind.
  package struct Kind: Hashable, Sendable {
    /// The parameter of a spec that says how many are worked on at once, 0 if there are none.
    package let name: String
    package let height: Extent
    package let width: Extent

    /// The products of a block, as numbers of row and column of 6x6 points in one.
    package var positions: [Int] {
      height.points.flatMap { row in width.points.map { 6 * row + $0 } }
    }
  }

  package static let kinds = [
    Kind(name: "blocks", height: .whole, width: .whole),
    Kind(name: "right", height: .whole, width: .half),
    Kind(name: "below", height: .half, width: .whole),
    Kind(name: "corner", height: .half, width: .half),
  ]

  /// Blocks of four rows of one image, and of four pixels of one row.
  package let wholeDown: Int
  package let wholeAcross: Int
  /// Blocks of each kind, of all images.
  package let counts: [Int]
  /// How many of each kind are worked on at once, 0 if there are none.
  package let atOnce: [Int]
  package let roundsPerChunk: Int
  private let depth: Int

  /// What part of the products' time transforms of weights may take for the sake of two chunks, of which
  /// two threads take one each.
  private static let transformShare = 32
  private static let sizes = 4...9
  /// What the transformed pixels of a chunk may take: part of the second-level cache.
  private static let chunkBytes = 384 << 10

  init(_ output: ImageGeometry, depth: Int) {
    self.depth = depth
    let (down, across) = (output.height.blocks, output.width.blocks)
    (wholeDown, wholeAcross) = (down.whole, across.whole)
    counts = WinogradBlocking.kinds.map {
      output.batch * ($0.height == .whole ? down.whole : down.half)
        * ($0.width == .whole ? across.whole : across.half)
    }
    atOnce = counts.map { count in
      let best = WinogradBlocking.sizes.min { lhs, rhs in
        let (left, right) = (count.rounded(up: lhs), count.rounded(up: rhs))
        return left == right ? lhs > rhs : left < right
      }
      return min(best ?? 1, count)
    }
    let rounds = zip(counts, atOnce).reduce(0) { $0 + $1.0.parts(of: $1.1) }
    let blocks = counts.reduce(0, +)
    let needed = (blocks * WinogradBlocking.blockBytes(depth: depth))
      .parts(of: WinogradBlocking.chunkBytes)
    // A transform of the weights takes as long as the products of so many blocks.
    let transform = WinogradBlocking.weightCycles * 2 / WinogradKernel.positions
    let cheap = blocks / (transform * WinogradBlocking.transformShare)
    roundsPerChunk = rounds.parts(of: min(rounds, max(needed, min(cheap, 2))))
  }

  package var rounds: Int { zip(counts, atOnce).reduce(0) { $0 + $1.0.parts(of: $1.1) } }
  package var chunkCount: Int { rounds.parts(of: roundsPerChunk) }

  /// Bytes of the transformed pixels of a block: the words of its channels at each position, and a line,
  /// so that blocks do not share the sets of a cache.
  package static func blockBytes(depth: Int) -> Int { 2 * WinogradKernel.positions * depth + 64 }

  /// Transformed weights of a panel, sums of the blocks at once, transformed pixels of a chunk.
  var scratchBytes: Int {
    let most = atOnce.max() ?? 0
    return WinogradKernel.positions * (2 * PanelLayout.panelColumns * depth + 64 * most)
      + roundsPerChunk * most * WinogradBlocking.blockBytes(depth: depth)
  }

  /// Multiply-adds of words for `panels` panels, and what else takes as long as so many of them.
  func work(panels: Int) -> Int {
    var cycles = chunkCount * depth * panels * WinogradBlocking.weightCycles
    for (kind, (count, atOnce)) in zip(WinogradBlocking.kinds, zip(counts, atOnce)) {
      let positions = kind.positions.count
      let whole = count * positions / WinogradKernel.positions
      cycles += count.parts(of: atOnce) * panels * positions * WinogradBlocking.positionCycles
      cycles += count.rounded(up: max(1, atOnce)) * panels * positions * depth / 2
      cycles += whole * panels * WinogradBlocking.resultCycles
      cycles += whole * depth * WinogradBlocking.pixelCycles
    }
    return cycles * WinogradBlocking.productsPerCycle
  }

  /// Measured on 512-bit vectors: one channel of a panel's weights; a position of a round, besides its
  /// products; a block of a panel's results; one channel of a block's pixels.
  private static let weightCycles = 50
  private static let positionCycles = 8
  private static let resultCycles = 170
  private static let pixelCycles = 5
  private static let productsPerCycle = 32
}

extension Int {
  /// Blocks of four of so many results, and of the two that may be left.
  fileprivate var blocks: (whole: Int, half: Int) {
    let rest = self % 4
    return (self / 4 + (rest == 3 ? 1 : 0), rest == 1 || rest == 2 ? 1 : 0)
  }

  /// How many parts of `size` cover this number; none of 0.
  fileprivate func parts(of size: Int) -> Int { size == 0 ? 0 : (self + size - 1) / size }

  fileprivate func rounded(up size: Int) -> Int { parts(of: size) * size }
}
