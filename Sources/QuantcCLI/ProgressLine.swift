import Foundation
import Synchronization

/// A count on standard error: rewritten in place on a terminal, silent elsewhere.
final class ProgressLine: Sendable {
  private let title: String
  private let total: Int
  private let isTerminal = isatty(STDERR_FILENO) != 0
  /// The percent that is shown; `nil` before the first.
  private let shown = Mutex<Int?>(nil)

  init(_ title: String, total: Int) {
    self.title = title
    self.total = total
  }

  func update(_ done: Int) {
    let percent = total == 0 ? 100 : done * 100 / total
    guard isTerminal else { return }
    let isNew = shown.withLock { shown in
      defer { shown = percent }
      return shown != percent
    }
    guard isNew else { return }
    FileHandle.standardError.write(Data("\r\(title): \(done) of \(total) samples".utf8))
  }

  func finish() {
    if isTerminal, shown.withLock({ $0 != nil }) { FileHandle.standardError.write(Data("\n".utf8)) }
  }
}
