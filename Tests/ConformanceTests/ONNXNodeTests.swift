import Foundation
import Testing

@Suite("ONNX node tests")
struct ONNXNodeTests {
  @Test func `models are present where they are required`() {
    if ModelFolder.url == nil {
      print("skipped: ONNX node tests: no folder of models; set QUANTC_MODELS")
    }
    #expect(ModelFolder.url != nil || !ModelFolder.isRequired)
  }

  @Test(.enabled(if: ModelFolder.url != nil, "no folder of models; set QUANTC_MODELS"))
  func `every case passes, but for those that are listed as refused`() throws {
    let models = try #require(ModelFolder.url)
    var counts = (passed: 0, refused: 0, failed: 0)
    for nodeCase in try NodeCase.all(in: models) {
      switch nodeCase.run() {
      case .passed:
        counts.passed += 1
        if RefusedCases.names.contains(nodeCase.name) {
          Issue.record("\(nodeCase.name) passes now: remove it from RefusedCases")
        }
      case .refused(let reason):
        counts.refused += 1
        if !RefusedCases.names.contains(nodeCase.name) {
          Issue.record("\(nodeCase.name) is refused: \(reason)")
        }
      case .failed(let reason):
        counts.failed += 1
        Issue.record("\(nodeCase.name) fails: \(reason)")
      }
    }
    print(
      "ONNX node tests: \(counts.passed) passed, \(counts.refused) refused, \(counts.failed) failed"
    )
    #expect(counts.passed >= 300)
  }
}
