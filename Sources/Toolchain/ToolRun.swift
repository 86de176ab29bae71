import Diagnostics
import Foundation

/// One finished run of an external tool.
package struct ToolRun: Sendable {
  package let output: String

  /// Runs `tool` to its end.
  ///
  /// - Throws: `QC6002` when it cannot be started, `QC6003` with the first lines of what it said
  ///   when it fails.
  package init(_ tool: String, _ arguments: [String]) throws(Diagnostic) {
    let folder = FileManager.default.temporaryDirectory
    let log = folder.appendingPathComponent("quantc-\(UUID().uuidString).log")
    defer { try? FileManager.default.removeItem(at: log) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: tool)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    do {
      try Data().write(to: log)
      let handle = try FileHandle(forWritingTo: log)
      process.standardOutput = handle
      process.standardError = handle
      try process.run()
    } catch {
      throw Diagnostic(.toolchainMissing, "\(tool) cannot be started: \(error)")
    }
    process.waitUntilExit()
    let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      let lines = text.split(separator: "\n").prefix(20).joined(separator: "\n")
      throw Diagnostic(
        .toolchainFailed, "\(tool) failed with status \(process.terminationStatus):\n\(lines)",
        hint: "keep the generated code with --emit c and run the command by hand")
    }
    output = text
  }
}
