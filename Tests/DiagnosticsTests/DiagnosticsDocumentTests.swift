import Diagnostics
import Foundation
import Testing

@Suite("Documentation/Diagnostics.md")
struct DiagnosticsDocumentTests {
  let lines: [String]

  init() throws {
    let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let document = root.appendingPathComponent("Documentation/Diagnostics.md")
    lines = try String(contentsOf: document, encoding: .utf8).components(separatedBy: "\n")
  }

  /// The lines from a heading to the next one of any level.
  private func section(_ heading: String) -> [String] {
    guard let start = lines.firstIndex(of: heading) else { return [] }
    return Array(lines[(start + 1)...].prefix { !$0.hasPrefix("#") })
  }

  @Test(arguments: DiagnosticCode.allCases)
  func `every code has a section with meaning, cause and remedy`(_ code: DiagnosticCode) {
    let section = section("### \(code.rawValue) `\(code)`")
    #expect(section.count { $0.hasPrefix("- Cause: ") } == 1)
    #expect(section.count { $0.hasPrefix("- Remedy: ") } == 1)
    #expect(section.first { !$0.isEmpty }?.hasPrefix("- ") == false)
  }

  @Test(arguments: DiagnosticCode.allCases)
  func `a code stands under the exit status that it leads to`(_ code: DiagnosticCode) throws {
    let place = try #require(lines.firstIndex(of: "### \(code.rawValue) `\(code)`"))
    let heading = try #require(lines[..<place].last { $0.hasPrefix("## ") })
    #expect(heading.hasSuffix(": exit status \(code.exitStatus.rawValue)"))
  }

  @Test(arguments: Diagnostics.ExitStatus.allCases)
  func `every exit status is in the table`(_ status: Diagnostics.ExitStatus) {
    let row = lines.first { $0.hasPrefix("| \(status.rawValue) |") }
    #expect(row?.contains("| `\(status)` |") == true)
  }

  @Test func `no section is of a code that does not exist`() {
    let known = Set(DiagnosticCode.allCases.map(\.rawValue))
    let headings = lines.filter { $0.hasPrefix("### ") }
    let codes = headings.map { String($0.dropFirst(4).prefix(6)) }
    #expect(Set(codes) == known && codes.count == known.count)
  }
}
