import Diagnostics
import Foundation
import Testing

@testable import Samples

@Suite("dataset.json")
struct DatasetFileTests {
  static func split(_ text: String) -> String {
    #"{"schema_version": 1, "name": "m", "splits": {"dev": \#(text)}}"#
  }

  static func input(_ text: String) -> String { split(#"{"inputs": {"x": \#(text)}}"#) }

  static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  @Test func `the data sets of the project are read`() throws {
    let folder = Self.root.appendingPathComponent("calibration")
    let models = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    for model in models {
      let path = folder.appendingPathComponent("\(model)/dataset.json")
      guard FileManager.default.fileExists(atPath: path.path) else { continue }
      let file = try DatasetFile(parsing: Data(contentsOf: path))
      #expect(file.name == model)
      #expect(file.splits["calibration"] != nil, "\(model)")
    }
  }

  @Test func `every key is read`() throws {
    let file = try DatasetFile(
      parsing: Data(
        Self.split(
          """
          {"inputs": {
             "x": {"file": ["a.npy", "b.npy"], "lengths": {"file": "l.npy", "cut": true},
                   "convert": {"crop": {"top": 1, "left": 2, "height": 3, "width": 4},
                               "pad": {"height": 5, "width": 6, "value": 7},
                               "channel_order": "rgb_to_bgr", "element": "float32",
                               "mean": [1, 2, 3], "std": 0.5, "layout": "nhwc_to_nchw"}},
             "s": {"fill": 2, "shape": [2, 1], "feedback": "t"},
             "m": {"fill": 0, "like": "x"}},
           "samples": {"first": 3, "count": 4},
           "labels": {"file": "y.npy", "offset": -1},
           "expected": {"o": "e.npy"},
           "metric": {"name": "presence", "output": "o", "column": 1, "threshold": 0.7}}
          """
        ).utf8))
    let split = try #require(file.splits["dev"])
    let x = try #require(split.inputs["x"])
    #expect(x.source == .files(["a.npy", "b.npy"]))
    #expect(x.lengths == .init(file: "l.npy", cut: true))
    #expect(x.convert.crop == .init(top: 1, left: 2, height: 3, width: 4))
    #expect(x.convert.pad == .init(height: 5, width: 6, value: 7))
    #expect(x.convert.reversesChannels && x.convert.toFloat && x.convert.toChannelsFirst)
    #expect(x.convert.mean == .each([1, 2, 3]))
    #expect(x.convert.gain == .std(.one(0.5)))
    #expect(split.inputs["s"]?.source == .fill(2, shape: .dims([2, 1])))
    #expect(split.inputs["s"]?.feedback == "t")
    #expect(split.inputs["m"]?.source == .fill(0, shape: .like("x")))
    #expect(split.samples == 3..<7)
    #expect(split.labels == .init(file: "y.npy", offset: -1))
    #expect(split.expected == ["o": "e.npy"])
    #expect(
      split.metric
        == MetricDescription(.presence(column: 1, threshold: 0.7), output: "o"))
  }

  @Test(
    arguments: [
      ("nonsense", "not JSON", nil),
      ("[]", "an object was expected", nil),
      (#"{"name": "m", "splits": {}}"#, "'schema_version' is missing", nil),
      (#"{"schema_version": 2, "name": "m", "splits": {}}"#, "version 2", "schema_version"),
      (#"{"schema_version": 1, "name": "m", "splits": {}}"#, "no split", "splits"),
      (#"{"schema_version": 1, "name": 3, "splits": {}}"#, "a string was expected", "name"),
      (#"{"schema_version": 1, "name": "m", "splits": {"train": {}}}"#, "'train'", "splits"),
      (split(#"{"inputs": {}}"#), "no input", "splits.dev"),
      (split(#"{"inputs": {"x": {"file": "a"}}, "extra": 1}"#), "'extra'", "splits.dev"),
      (
        split(#"{"inputs": {"x": {"file": "a"}}, "metric": {"name": "top2"}}"#), "'top2'",
        "splits.dev.metric.name"
      ),
      (
        split(#"{"inputs": {"x": {"file": "a"}}, "metric": {"name": "top1", "column": 1}}"#),
        "'column'", "splits.dev.metric"
      ),
      (input(#"{"file": "a", "fill": 1}"#), "exactly one", "splits.dev.inputs.x"),
      (input(#"{"fill": 1}"#), "one of 'like' and 'shape'", "splits.dev.inputs.x"),
      (input(#"{"fill": 1, "shape": [0]}"#), "outside of", "splits.dev.inputs.x.shape[0]"),
      (input(#"{"fill": 1, "shape": [1], "convert": {}}"#), "does not go", "splits.dev.inputs.x"),
      (input(#"{"file": "a", "feedback": "o"}"#), "does not go", "splits.dev.inputs.x"),
      (input(#"{"file": []}"#), "empty", "splits.dev.inputs.x.file"),
      (
        input(#"{"file": "a", "convert": {"sdt": 1}}"#), "unknown key 'sdt'",
        "splits.dev.inputs.x.convert"
      ),
      (
        input(#"{"file": "a", "convert": {"std": 0}}"#), "division by 0",
        "splits.dev.inputs.x.convert.std"
      ),
      (
        input(#"{"file": "a", "convert": {"std": 1, "scale": 1}}"#), "exclude",
        "splits.dev.inputs.x.convert"
      ),
      (
        input(#"{"file": "a", "convert": {"scale": 1e300}}"#), "beyond float32",
        "splits.dev.inputs.x.convert.scale"
      ),
      (
        input(#"{"file": "a", "convert": {"layout": "nchw"}}"#), "only 'nhwc_to_nchw'",
        "splits.dev.inputs.x.convert.layout"
      ),
      (
        input(#"{"file": "a", "windows": {"length": 0}}"#), "outside of",
        "splits.dev.inputs.x.windows.length"
      ),
    ] as [(String, String, String?)])
  func `a malformed description names the place`(
    _ text: String, _ reason: String, _ place: String?
  ) {
    let error = #expect(throws: Diagnostic.self) { try DatasetFile(parsing: Data(text.utf8)) }
    #expect(error?.code == .malformedDataset)
    #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    #expect(error?.location == place)
  }

  @Test func `a text cut anywhere is refused`() {
    let text = Data(Self.input(#"{"file": "a"}"#).utf8)
    for length in 0..<text.count {
      #expect(throws: Diagnostic.self) { try DatasetFile(parsing: text.prefix(length)) }
    }
  }

  @Test func `deep nesting is refused`() {
    let text = String(repeating: "[", count: 100_000)
    let error = #expect(throws: Diagnostic.self) { try DatasetFile(parsing: Data(text.utf8)) }
    #expect(error?.code == .malformedDataset)
  }
}
