import Foundation

/// How much of this process lies in memory, in bytes; 0 where the kernel does not say.
struct ResidentMemory {
  /// Before the work that is measured.
  private let before: Int
  /// The most until then.
  private let peakBefore: Int

  /// Starts to measure: the kernel's own peak is set back where it allows it.
  init() {
    peakBefore = ResidentMemory.read("VmHWM:")
    try? Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
    before = ResidentMemory.read("VmRSS:")
  }

  /// The most of the whole process so far.
  var peak: Int { max(peakBefore, ResidentMemory.read("VmHWM:")) }

  /// How far the peak since the start lies above what was there at the start.
  var growth: Int { max(0, ResidentMemory.read("VmHWM:") - before) }

  private static func read(_ key: String) -> Int {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix(key) }),
      let kilobytes = line.split(whereSeparator: { !$0.isNumber }).first.flatMap({ Int($0) })
    else { return 0 }
    return kilobytes * 1024
  }
}
