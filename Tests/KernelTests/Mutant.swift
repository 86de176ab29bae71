import CodegenCPU
import Synchronization
import Targets

/// Generated C with a rounding changed on purpose, and whether a suite's comparisons saw it.
///
/// While one is current, ``LoadedKernels`` compiles the changed text for the mutant's variant alone,
/// and a difference is noted here and is no failure.
final class Mutant: Sendable {
  /// Texts to find, and what stands there instead.
  typealias Change = [(find: String, replacement: String)]

  @TaskLocal static var current: Mutant?

  let variant: Variant
  private let change: [[String]]
  private let state = Mutex((isApplied: false, isSeen: false))

  init(_ change: Change, on variant: Variant) {
    self.variant = variant
    self.change = change.map { [$0.find, $0.replacement] }
  }

  /// Whether a text had one of the places.
  var isApplied: Bool { state.withLock { $0.isApplied } }
  /// Whether a comparison told the mutant from the definition.
  var isSeen: Bool { state.withLock { $0.isSeen } }

  func noteDifference() { state.withLock { $0.isSeen = true } }

  /// The text with the change.
  func changed(_ text: String) -> String {
    var result = text
    for pair in change { result = result.replacing(pair[0], with: pair[1]) }
    let isApplied = result != text
    state.withLock { if isApplied { $0.isApplied = true } }
    return result
  }
}
