import Foundation
import Testing

@testable import ONNXFrontend

@Suite("table of operators")
struct OperatorTableTests {
  private func page() throws -> String {
    let repository = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    return try String(
      contentsOf: repository.appendingPathComponent("Documentation/Operators.md"), encoding: .utf8)
  }

  /// The op and the opset of each row of `Documentation/Operators.md`.
  private func rows() throws -> [(op: String, since: Int)] {
    try page().split(separator: "\n").compactMap { line in
      guard line.hasPrefix("| `") else { return nil }
      let cells = line.split(separator: "|", omittingEmptySubsequences: false)
        .map { $0.trimmingCharacters(in: .whitespaces) }
      return (cells[1].trimmingCharacters(in: ["`"]), Int(cells[2]) ?? 0)
    }
  }

  @Test func `the page lists every rule once, in order`() throws {
    #expect(try rows().map(\.op) == ImportRules.names)
  }

  @Test func `the page says since which opset`() throws {
    for row in try rows() {
      let rule = try #require(ImportRules.rule(row.op))
      #expect(row.since == max(rule.opsets.lowerBound, ModelChecks.opsets.lowerBound), "\(row.op)")
    }
  }

  @Test func `the page says which opsets are read`() throws {
    let opsets = ModelChecks.opsets
    #expect(
      try page().contains("opset \(opsets.lowerBound) to \(opsets.upperBound), are read"))
  }
}
