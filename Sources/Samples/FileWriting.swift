import Diagnostics
import Foundation

/// Writes `chunks`, one after the other, to `path`: beside it first, then renamed onto it, so that
/// a failure leaves the old file as it was.
///
/// - Throws: `QC7001` when the folder is missing or cannot be written.
package func writeFile(_ chunks: [Data], to path: String) throws(Diagnostic) {
  let target = URL(fileURLWithPath: path)
  let name = ".\(target.lastPathComponent).\(ProcessInfo.processInfo.processIdentifier).part"
  let beside = target.deletingLastPathComponent().appendingPathComponent(name)
  do {
    try Data().write(to: beside)
    let handle = try FileHandle(forWritingTo: beside)
    for chunk in chunks { try handle.write(contentsOf: chunk) }
    try handle.synchronize()
    try handle.close()
    guard rename(beside.path, target.path) == 0 else {
      throw Diagnostic(.unwritableOutput, systemError(errno))
    }
  } catch {
    try? FileManager.default.removeItem(at: beside)
    let reason = (error as? Diagnostic)?.message ?? error.localizedDescription
    throw Diagnostic(
      .unwritableOutput, "cannot write: \(reason)",
      hint: "does the folder exist, and may you write there?", file: path)
  }
}
