import Foundation

/// A count on standard error: rewritten in place on a terminal, silent elsewhere.
final class ProgressLine {
  private let title: String
  private let total: Int
  private let isTerminal = isatty(STDERR_FILENO) != 0
  private var last = -1

  init(_ title: String, total: Int) {
    self.title = title
    self.total = total
  }

  func update(_ done: Int) {
    let percent = total == 0 ? 100 : done * 100 / total
    guard isTerminal, percent != last else { return }
    last = percent
    FileHandle.standardError.write(Data("\r\(title): \(done) of \(total) samples".utf8))
  }

  func finish() {
    if isTerminal, last >= 0 { FileHandle.standardError.write(Data("\n".utf8)) }
  }
}
