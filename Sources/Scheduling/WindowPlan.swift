import KernelIR

/// Where the windows of chains lie: each chain's in the threads' scratch, one after another behind
/// the scratch of its kernels, and all of them whole where steps are looked at one by one.
struct WindowPlan {
  private(set) var records: [Program.Window] = []
  /// The window of each storage that has one.
  private(set) var indices: [Int: Int] = [:]
  /// Scratch of a thread that holds the kernels' and the windows of any chain.
  private(set) var scratchBytes = 0
  private var storages: [Int] = []

  mutating func add(
    _ chain: ChainChoice.Chain, kernelScratch: Int, byteCount: (Int) -> Int
  ) {
    var offset = WindowPlan.aligned(kernelScratch)
    for window in chain.plan.windows {
      let capacity = window.capacity(strips: chain.stripsPerPass)
      indices[window.storage] = records.count
      storages.append(window.storage)
      records.append(
        Program.Window(
          scratchOffset: offset, capacity: capacity, observedOffset: 0,
          byteCount: byteCount(window.storage)))
      offset = WindowPlan.aligned(offset + capacity)
    }
    scratchBytes = max(scratchBytes, offset)
  }

  /// Places the whole buffers, those of different lifetimes over each other.
  mutating func placeObserved(lifetimes: [ClosedRange<Int>?]) {
    let blocks = zip(storages, records).map { storage, record in
      MemoryPlanner.Block(byteCount: record.byteCount, lifetime: lifetimes[storage] ?? 0...0)
    }
    records = zip(records, MemoryPlanner.plan(blocks).offsets).map { record, offset in
      Program.Window(
        scratchOffset: record.scratchOffset, capacity: record.capacity, observedOffset: offset,
        byteCount: record.byteCount)
    }
  }

  private static func aligned(_ bytes: Int) -> Int {
    (bytes + MemoryPlanner.alignment - 1) / MemoryPlanner.alignment * MemoryPlanner.alignment
  }
}
