import KernelIR
import Targets

/// When steps become chains.
package enum ChainPolicy: Hashable, Sendable {
  /// Where the cost model predicts a gain.
  case predicted
  /// Wherever it is possible, strip by strip: for tests of what chains compute.
  case always
  case never
}

/// Which neighbouring steps become chains: the cut of the program into chains and single steps that
/// the cost model predicts to be the shortest.
///
/// What a chain saves are the starts and ends of its steps' threads, and that threads take over
/// memory which another one wrote last; what it costs are the tiles that neighbouring threads both
/// compute, and a call of every step for each pass. One thread only loses by it, several gain, so
/// that the times on 1, 2 and 4 threads count alike.
struct ChainChoice {
  /// A chain with what was decided about it.
  struct Chain {
    let plan: ChainPlan
    let stripsPerPass: Int
    let threadLimit: Int
  }

  private let policy: ChainPolicy
  private let costs: CostModel
  private let steps: [Lowering.PendingStep]
  private let work: [StepWork]
  private let touches: [ClosedRange<Int>?]
  private let storages: [Lowering.Storage]

  private static let threads = [1, 2, 4]
  private static let longest = 16
  /// What a step costs for each pass, in calls: its own, and the cut of its work.
  private static let callsPerPass = 4.0

  /// `touches` are the first and the last step that touch each storage.
  init(
    _ policy: ChainPolicy, _ costs: CostModel, steps: [Lowering.PendingStep], work: [StepWork],
    touches: [ClosedRange<Int>?], storages: [Lowering.Storage]
  ) {
    self.policy = policy
    self.costs = costs
    self.steps = steps
    self.work = work
    self.touches = touches
    self.storages = storages
  }

  /// The chains in their order.
  var chains: [Chain] {
    guard policy != .never else { return [] }
    // The shortest time up to each step, and the chain that ends there if one does.
    var times = [0.0]
    var ends: [Chain?] = [nil]
    for end in stride(from: 1, through: steps.count, by: 1) {
      var best = times[end - 1] + total { stepTime(end - 1, threads: $0) }
      var chosen: Chain?
      for count in 2...ChainChoice.longest where count <= end {
        guard let chain = chain(end - count..<end) else { continue }
        let predicted = total { self.time(chain, threads: min($0, chain.threadLimit)) }
        let time = times[end - count] + (policy == .always ? 0 : predicted)
        if time < best { (best, chosen) = (time, chain) }
      }
      times.append(best)
      ends.append(chosen)
    }
    var chains: [Chain] = []
    var end = steps.count
    while end > 0 {
      if let chain = ends[end] { chains.append(chain) }
      end -= ends[end]?.plan.steps.count ?? 1
    }
    return chains.reversed()
  }

  private func total(_ time: (Int) -> Double) -> Double {
    ChainChoice.threads.reduce(0) { $0 + time($1) }
  }

  // MARK: Steps

  /// Seconds of a step by itself.
  private func stepTime(_ index: Int, threads: Int) -> Double {
    let parts = min(threads, costs.threadLimit(work[index]))
    let taken = parts > 1 ? costs.takeover(of: storages[steps[index].output].byteCount / parts) : 0
    return costs.cost(work[index], parts: parts).total + taken
  }

  // MARK: Chains

  /// The steps as a chain; `nil` when they cannot be one, or are not worth a second thread.
  private func chain(_ range: Range<Int>) -> Chain? {
    let byRows = range.map { steps[$0].dividedByRows }
    guard let plan = ChainPlan(byRows, at: range, isPrivate: { isPrivate($0, to: range) }),
      !plan.windows.isEmpty
    else { return nil }
    guard policy == .predicted else {
      return Chain(plan: plan, stripsPerPass: 1, threadLimit: plan.stripCount)
    }
    let passes = stripsPerPass(plan)
    let limit = min(costs.threadLimit(range.map { work[$0] }), plan.stripCount)
    let single = Chain(plan: plan, stripsPerPass: passes, threadLimit: 1)
    // More threads compute more tiles twice: the fewest that are as fast as any.
    var (threads, best) = (1, time(single, threads: 1))
    for count in stride(from: 2, through: limit, by: 1) {
      let time = time(single, threads: count)
      if time < best { (threads, best) = (count, time) }
    }
    return Chain(plan: plan, stripsPerPass: passes, threadLimit: threads)
  }

  /// Whether only steps of `range` touch the storage, and nobody outside of the program.
  private func isPrivate(_ storage: Int, to range: Range<Int>) -> Bool {
    guard storages[storage].place == .arena, let touched = touches[storage] else { return false }
    return touched.lowerBound >= range.lowerBound && touched.upperBound < range.upperBound
  }

  /// As many strips as keep the windows in half of the second-level cache.
  private func stripsPerPass(_ plan: ChainPlan) -> Int {
    let cache = costs.machine.memories[1].byteCount / 2
    return (1...plan.stripCount).last { strips in
      plan.windows.reduce(0) { $0 + $1.capacity(strips: strips) } <= cache
    } ?? 1
  }

  /// Seconds of a chain: those of the thread with the most to do.
  private func time(_ chain: Chain, threads: Int) -> Double {
    let plan = chain.plan
    let slices = (0..<threads).map { part in
      plan.stripCount * part / threads..<plan.stripCount * (part + 1) / threads
    }
    let longest =
      slices.map { slice in
        let passes = (slice.count + chain.stripsPerPass - 1) / chain.stripsPerPass
        return plan.steps.reduce(0.0) { sum, step in
          let tiles = plan.tiles[step - plan.steps.lowerBound]
          let count = tiles[slice.upperBound - 1].upperBound - tiles[slice.lowerBound].lowerBound
          let share = Double(count) / Double(tiles[plan.stripCount - 1].upperBound)
          let cost = costs.cost(work[step])
          return sum + share * max(cost.compute, cost.memory)
            + Double(passes) * ChainChoice.callsPerPass * costs.call
        }
      }.max() ?? 0
    guard threads > 1 else { return longest }
    let seen = plan.steps.map { steps[$0].output }
      .filter { output in !plan.windows.contains { $0.storage == output } }
    let bytes = seen.reduce(0) { $0 + storages[$1].byteCount }
    return longest + costs.fork + costs.takeover(of: bytes / threads)
  }
}
