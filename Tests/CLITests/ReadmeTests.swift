import Foundation
import Testing

@Suite("README")
struct ReadmeTests {
  /// The command lines of the blocks that are marked `sh`, in order; a trailing `\` joins lines.
  private static func commands() throws -> [String] {
    let text = try String(
      contentsOf: Quantc.repository.appendingPathComponent("README.md"), encoding: .utf8)
    var commands: [String] = []
    for block in text.components(separatedBy: "\n```sh\n").dropFirst() {
      let lines = block.components(separatedBy: "\n```")[0].replacing("\\\n", with: "")
      commands += lines.split(separator: "\n").map(String.init)
    }
    return commands.filter { !$0.hasPrefix("#") && $0.contains { !$0.isWhitespace } }
  }

  @Test func `shows the commands of the tool`() throws {
    let commands = try ReadmeTests.commands().filter { $0.hasPrefix("quantc ") }
    for word in ["calibrate", "build", "run", "eval", "bench", "explain"] {
      #expect(commands.contains { $0.hasPrefix("quantc \(word) ") }, "\(word)")
    }
  }

  /// All command lines, one after the other, in a copy of the repository's data, with `quantc`
  /// being the one that was built. A line fails the test with what the shell said.
  @Test(.enabled(if: SharedModels.areThere, "the shared models are not there"))
  func `has command lines that work`() throws {
    let models = try #require(SharedModels.folder)
    let folder = try WorkFolder()
    let carried = Quantc.repository.appendingPathComponent("calibration").path
    try FileManager.default.copyItem(atPath: carried, toPath: folder.path("calibration"))
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let products = Quantc.executable("quantc").deletingLastPathComponent().path
    for command in try ReadmeTests.commands() where !command.hasPrefix("make ") {
      let outcome = try Quantc.run(
        at: URL(fileURLWithPath: "/bin/sh"), ["-c", command], in: folder.root,
        environment: ["QUANTC_MODELS": models, "PATH": "\(products):\(path)"])
      #expect(outcome.status == 0, "\(command): \(outcome.messages)")
    }
  }
}
