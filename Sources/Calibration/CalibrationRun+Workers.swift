import Diagnostics
import Dispatch
import Samples
import Synchronization
import Tensors

extension CalibrationRun {
  /// What the workers share.
  fileprivate struct Shared: Sendable {
    /// The samples that were added to it so far.
    var table: CalibrationTable
    /// The place in the order of the next sample to run.
    var next = 0
    var doneCount = 0
    /// When the table was saved.
    var saved = ContinuousClock.now
    /// What went wrong, at the first place in the order.
    var failure: (place: Int, diagnostic: Diagnostic)?
  }

  /// Runs samples that do not depend on each other, those of one shape one after another.
  func runEach(
    _ source: some ActivationSource, _ job: Job,
    _ checkpoint: @Sendable (CalibrationTable) throws(Diagnostic) -> Void,
    _ progress: @Sendable (Int) -> Void
  ) throws(Diagnostic) -> CalibrationTable {
    let order = try job.byShape()
    let shared = Mutex(Shared(table: job.former))
    let count = max(1, min(workers, order.count))
    let makeSource = source.makeAnother
    DispatchQueue.concurrentPerform(iterations: count) { _ in
      var source = makeSource()
      var part = CalibrationTable(modelHash: job.former.modelHash)
      var added = ContinuousClock.now
      while let place = shared.withLock({ $0.take(order.count) }) {
        do throws(Diagnostic) {
          try runOne(order[place], &source, job, &part)
        } catch {
          shared.withLock { $0.fail(at: place, error) }
          return
        }
        shared.withLock { shared in
          shared.doneCount += 1
          progress(shared.doneCount)
          guard ContinuousClock.now - added >= checkpointInterval else { return }
          shared.table.add(part)
          part = CalibrationTable(modelHash: job.former.modelHash)
          added = .now
          guard added - shared.saved >= checkpointInterval, shared.doneCount < order.count else {
            return
          }
          defer { shared.saved = .now }
          do throws(Diagnostic) {
            try checkpoint(shared.table)
          } catch {
            shared.fail(at: place, error)
          }
        }
      }
      shared.withLock { $0.table.add(part) }
    }
    let (result, failure) = shared.withLock { ($0.table, $0.failure) }
    if let failure { throw failure.diagnostic }
    return result
  }

  private func runOne(
    _ index: Int, _ source: inout some ActivationSource, _ job: Job,
    _ part: inout CalibrationTable
  ) throws(Diagnostic) {
    let inputs = try job.samples.run(index)
    let hash = try job.hash(of: inputs, sample: index)
    guard job.known[index] == nil else { return }
    let isFinite = try check(inputs, sample: index)
    part.insert(.init(index: index, hash: hash, isSkipped: !isFinite))
    guard isFinite else { return }
    let outputs = try source.run(inputs) { part.observe($0, sample: index) }
    part.widen(inputs)
    for (name, gain) in try gains(index, &source, inputs, outputs) {
      part.tensors[name]?.add(gain)
    }
  }
}

extension CalibrationRun.Job {
  /// The samples of ``range``, those of equal shapes together, in order of first appearance.
  fileprivate func byShape() throws(Diagnostic) -> [Int] {
    var groups: [[String: Shape]: Int] = [:]
    var members: [[Int]] = []
    for index in range {
      let shapes = try samples.shapes(ofRun: index)
      let group = groups[shapes] ?? members.count
      if group == members.count {
        groups[shapes] = group
        members.append([])
      }
      members[group].append(index)
    }
    return members.flatMap { $0 }
  }
}

extension CalibrationRun.Shared {
  /// The next place of `count`; `nil` when none is left or a sample has failed.
  fileprivate mutating func take(_ count: Int) -> Int? {
    guard next < count, failure == nil else { return nil }
    next += 1
    return next - 1
  }

  fileprivate mutating func fail(at place: Int, _ diagnostic: Diagnostic) {
    if let failure, failure.place < place { return }
    failure = (place, diagnostic)
  }
}
