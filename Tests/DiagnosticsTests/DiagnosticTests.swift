import Diagnostics
import Testing

@Suite("diagnostics")
struct DiagnosticTests {
  @Test func `a message names code, file, place, reason and remedy`() {
    let diagnostic = Diagnostic(
      .shapeMismatch, "3 and 4 do not chain", at: "node 'conv1'", hint: "transposed?",
      file: "model.onnx")
    #expect(
      diagnostic.description
        == "error QC1001: model.onnx: node 'conv1': 3 and 4 do not chain\n  hint: transposed?")
  }

  @Test func `the first file that is named stays`() {
    let diagnostic = Diagnostic(.unreadableFile, "no such file").inFile("a").inFile("b")
    #expect(diagnostic.file == "a")
    #expect(diagnostic.description == "error QC4004: a: no such file")
  }

  @Test(arguments: DiagnosticCode.allCases)
  func `every code has a failing exit status`(_ code: DiagnosticCode) {
    #expect(code.exitStatus != .success)
    #expect(code.rawValue.count == 6 && code.rawValue.hasPrefix("QC"))
  }
}
