/// Gives arena offsets to storages whose lifetimes are known, so that those that never live at the
/// same time share bytes.
///
/// Greedy by size: the largest first, each at the lowest offset where it overlaps no storage of a
/// crossing lifetime. Source: Pisarchyk and Lee 2020, "Efficient memory management for deep neural
/// net inference", algorithm 3.
struct MemoryPlanner {
  struct Block: Hashable {
    let byteCount: Int
    /// First and last step that touch the storage, both included.
    let lifetime: ClosedRange<Int>
  }

  static let alignment = 64

  /// An offset for each block, in their order, and the arena's size in bytes.
  static func plan(_ blocks: [Block]) -> (offsets: [Int], arenaBytes: Int) {
    var offsets = [Int](repeating: 0, count: blocks.count)
    var placed: [Int] = []
    let order = blocks.indices.sorted { a, b in
      (blocks[b].byteCount, a) < (blocks[a].byteCount, b)
    }
    for index in order {
      let crossing = placed.filter { blocks[$0].lifetime.overlaps(blocks[index].lifetime) }
        .sorted { offsets[$0] < offsets[$1] }
      var offset = 0
      for other in crossing {
        if offset + blocks[index].byteCount <= offsets[other] { break }
        offset = max(offset, aligned(offsets[other] + blocks[other].byteCount))
      }
      offsets[index] = offset
      placed.append(index)
    }
    let end = blocks.indices.map { offsets[$0] + blocks[$0].byteCount }.max() ?? 0
    return (offsets, aligned(end))
  }

  private static func aligned(_ bytes: Int) -> Int {
    (bytes + alignment - 1) / alignment * alignment
  }
}
