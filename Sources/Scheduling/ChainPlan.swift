import KernelIR

/// Neighbouring steps cut into strips: which tiles of each step a strip needs, and which bytes of
/// the storages that nobody else touches.
///
/// The last steps' tiles are shared out among the strips; from there the tiles that a strip needs
/// go back, step by step, by the bytes that the steps read of each other's results.
struct ChainPlan {
  /// A storage that only these steps touch, and the bytes of it that each strip touches.
  struct Window {
    let storage: Int
    let spans: [Range<Int>]

    /// The most bytes that `strips` neighbouring strips touch.
    func capacity(strips: Int) -> Int {
      spans.indices.map { first in
        spans[min(first + strips, spans.count) - 1].upperBound - spans[first].lowerBound
      }.max() ?? 0
    }
  }

  let steps: Range<Int>
  /// For each step its tiles by strip.
  let tiles: [[Range<Int>]]
  let windows: [Window]

  var stripCount: Int { tiles[0].count }

  /// As many strips as two, three and four threads, and their passes, get equal parts of.
  static let stripLimit = 24

  /// `steps` are those of `indices`; `isPrivate` tells whether nothing outside of them touches a
  /// storage. `nil` when some step must wait for all of another, or a value that others see would
  /// be written twice.
  init?(
    _ steps: [Lowering.PendingStep], at indices: Range<Int>, isPrivate: (Int) -> Bool
  ) {
    let accesses = steps.map(\.accesses)
    let counts = steps.map(\.call.tileCount)
    guard let links = ChainPlan.links(accesses),
      !accesses.joined().contains(where: { $0.reach == nil && isPrivate($0.storage) })
    else { return nil }
    let lastTiles = steps.indices.filter { links[$0].isEmpty }.map { counts[$0] }
    let strips = min(ChainPlan.stripLimit, lastTiles.min() ?? 0)
    guard strips > 1 else { return nil }
    var tiles = [[Range<Int>]](repeating: [], count: steps.count)
    for index in steps.indices.reversed() {
      tiles[index] = ChainPlan.tiles(
        count: counts[index], strips: strips, links: links[index], readers: tiles)
    }
    for index in steps.indices {
      let isSeen = accesses[index].contains { $0.isWrite && !isPrivate($0.storage) }
      let isShared = (1..<strips).contains {
        tiles[index][$0].lowerBound < tiles[index][$0 - 1].upperBound
      }
      if isSeen && isShared { return nil }
    }
    self.steps = indices
    self.tiles = tiles
    windows = ChainPlan.windows(accesses, tiles, isPrivate)
  }

  /// A result that a later step reads.
  private struct Link {
    let reader: Int
    let written: TileReach
    let read: TileReach
  }

  /// For each step who reads what it writes; `nil` when a step needs all of a result, or writes what
  /// one before it reads.
  private static func links(_ accesses: [[StepAccess]]) -> [[Link]]? {
    var links = [[Link]](repeating: [], count: accesses.count)
    for (writer, own) in accesses.enumerated() {
      for write in own where write.isWrite {
        for (other, theirs) in accesses.enumerated() {
          for read in theirs where !read.isWrite && read.storage == write.storage {
            guard other > writer, let written = write.reach, let reach = read.reach else {
              return nil
            }
            links[writer].append(Link(reader: other, written: written, read: reach))
          }
        }
      }
    }
    return links
  }

  /// The tiles of one step: what its readers need, without a gap from the first to the last.
  private static func tiles(
    count: Int, strips: Int, links: [Link], readers: [[Range<Int>]]
  ) -> [Range<Int>] {
    guard !links.isEmpty else {
      return (0..<strips).map { count * $0 / strips..<count * ($0 + 1) / strips }
    }
    var firsts = [Int](repeating: count, count: strips)
    var ends = [Int](repeating: 0, count: strips)
    for strip in 0..<strips {
      for link in links where !readers[link.reader][strip].isEmpty {
        let bytes = link.read.bytes(of: readers[link.reader][strip])
        let needed = link.written.tiles(reaching: bytes, of: count)
        firsts[strip] = min(firsts[strip], needed.lowerBound)
        ends[strip] = max(ends[strip], needed.upperBound)
      }
    }
    (firsts[0], ends[strips - 1]) = (0, count)
    for strip in 1..<strips { ends[strip] = max(ends[strip], ends[strip - 1]) }
    for strip in (1..<strips).reversed() {
      let next = strip + 1 < strips ? firsts[strip + 1] : count
      firsts[strip] = min(firsts[strip], ends[strip - 1], next)
    }
    return (0..<strips).map { firsts[$0]..<ends[$0] }
  }

  /// The private storages in the order of their first writers.
  private static func windows(
    _ accesses: [[StepAccess]], _ tiles: [[Range<Int>]], _ isPrivate: (Int) -> Bool
  ) -> [Window] {
    var storages: [Int] = []
    for access in accesses.joined()
    where access.isWrite && isPrivate(access.storage) && !storages.contains(access.storage) {
      storages.append(access.storage)
    }
    return storages.map { storage in
      Window(storage: storage, spans: spans(of: storage, accesses, tiles))
    }
  }

  /// What each strip touches of a storage, from a multiple of 64 on; neither end goes back.
  private static func spans(
    of storage: Int, _ accesses: [[StepAccess]], _ tiles: [[Range<Int>]]
  ) -> [Range<Int>] {
    let strips = tiles[0].count
    var lows = [Int](repeating: .max, count: strips)
    var highs = [Int](repeating: 0, count: strips)
    for (step, own) in accesses.enumerated() {
      for access in own where access.storage == storage {
        for strip in 0..<strips where !tiles[step][strip].isEmpty {
          guard let bytes = access.reach?.bytes(of: tiles[step][strip]) else { continue }
          let low = bytes.lowerBound / MemoryPlanner.alignment * MemoryPlanner.alignment
          lows[strip] = min(lows[strip], low)
          highs[strip] = max(highs[strip], bytes.upperBound)
        }
      }
    }
    for strip in 1..<strips { highs[strip] = max(highs[strip], highs[strip - 1]) }
    for strip in (0..<strips).reversed() {
      let high = highs[strip] / MemoryPlanner.alignment * MemoryPlanner.alignment
      lows[strip] = min(lows[strip], high, strip + 1 < strips ? lows[strip + 1] : high)
    }
    return (0..<strips).map { lows[$0]..<highs[$0] }
  }
}
