import Diagnostics
import Foundation
import Samples
import Tensors
import TestSupport
import Testing

@testable import Evaluation

@Suite("evaluation")
struct EvaluatorTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Four samples of an input `x` of two elements, scored by `metric`.
  func samples(_ metric: String, labels: [Int64]? = nil) throws -> SampleSet {
    try NPY.write(
      Tensor.floats([0, 1, 2, 3, 4, 5, 6, 7], [4, 2]),
      to: folder.path("x.npy"))
    try NPY.write(
      Tensor.floats([1, 0, 0, 1, 1, 0, 0, 1], [4, 2]),
      to: folder.path("e.npy"))
    if let labels {
      try NPY.write(
        Tensor.int64s(labels, [labels.count]), to: folder.path("y.npy"))
    }
    let labelKey = labels == nil ? "" : #", "labels": {"file": "y.npy"}"#
    let text = """
      {"schema_version": 1, "name": "m", "splits": {"dev": {
        "inputs": {"x": {"file": "x.npy"}}, "metric": \(metric), "expected": {"p": "e.npy"}
        \(labelKey)}}}
      """
    let path = try folder.write("dataset.json", text)
    return try SampleSet(dataset: path, split: "dev", environment: [:])
  }

  static func bound(_ samples: SampleSet, batch: Int) throws -> BoundSamples {
    try BoundSamples(
      samples, inputs: [ModelInput(name: "x", element: .f32, dims: [nil, 2])], batch: batch)
  }

  static let float: [Float] = [1, 0, 0, 1, 1, 0, 0, 1]
  static let quantized: [Float] = [1, 0, 0, 1, 0.5, 0.75, 0, 1]

  /// The report over the four samples, run in batches.
  func report(batch: Int) throws -> EvaluationReport {
    let samples = try samples(#"{"name": "top1"}"#, labels: [0, 1, 0, 0])
    var evaluator = try Evaluator(
      samples, bound: Self.bound(samples, batch: batch), outputs: ["p"])
    for run in 0..<4 / batch {
      let part = run * batch * 2..<(run + 1) * batch * 2
      try evaluator.add(
        run: run, float: ["p": Tensor.floats(Array(Self.float[part]), [batch, 2])],
        quantized: ["p": Tensor.floats(Array(Self.quantized[part]), [batch, 2])])
    }
    return evaluator.report(model: "m")
  }

  @Test(arguments: [1, 2, 4])
  func `both models are scored and their answers compared, whatever the batch`(
    _ batch: Int
  ) throws {
    let report = try report(batch: batch)
    #expect(report.sampleCount == 4)
    #expect(report.metric?.float == 0.75 && report.metric?.quantized == 0.5)
    #expect(report.metric?.difference == -0.25)
    #expect(report.flips?.samples == [2] && report.flips?.share == 0.25)
    #expect(report.outputs.map(\.name) == ["p"])
    #expect(report.outputs.first?.distance.maxAbsoluteError == 0.75)
    #expect(report.expected.first?.float == 0)
    #expect(report.expected.first?.quantized == 0.203125)
  }

  @Test func `one model alone has no comparison`() throws {
    let samples = try samples(#"{"name": "top1"}"#, labels: [0, 1, 0, 0])
    var evaluator = try Evaluator(samples, bound: Self.bound(samples, batch: 1), outputs: ["p"])
    try evaluator.add(run: 0, float: ["p": Tensor.floats([1, 0], [1, 2])], quantized: nil)
    let report = evaluator.report(model: "m")
    #expect(report.metric?.float == 1 && report.metric?.quantized == nil)
    #expect(report.flips == nil && report.outputs.isEmpty)
  }

  @Test func `the JSON has a schema version, both sides and null where nothing is`() throws {
    let text = try report(batch: 1).json()
    let object = try JSONSerialization.jsonObject(with: Data(text.utf8))
    let json = try #require(object as? [String: Any])
    #expect(json["schema_version"] as? Int == 1)
    #expect(json["sample_count"] as? Int == 4)
    let metric = try #require(json["metric"] as? [String: Any])
    #expect(metric["name"] as? String == "top1")
    #expect(metric["float"] as? Double == 0.75 && metric["quantized"] as? Double == 0.5)
    let flips = try #require(json["flips"] as? [String: Any])
    #expect(flips["count"] as? Int == 1 && flips["share"] as? Double == 0.25)
    let outputs = try #require(json["outputs"] as? [[String: Any]])
    #expect(outputs.first?["relative_squared_error"] as? Double == 0.203125)

    let samples = try samples(#"{"name": "snr"}"#)
    var evaluator = try Evaluator(samples, bound: Self.bound(samples, batch: 1), outputs: ["p"])
    let tensor = try Tensor.floats([1, 0], [1, 2])
    try evaluator.add(run: 0, float: ["p": tensor], quantized: ["p": tensor])
    let infinite = try evaluator.report(model: "m").json()
    #expect(infinite.contains("\"snr_db\" : null"))
  }

  @Test func `the table shows float and INT8 side by side`() throws {
    let text = try report(batch: 1).text()
    #expect(text.contains("m: 4 samples"))
    let rows = text.split(separator: "\n").map { line in
      line.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
    #expect(rows.contains("float INT8 difference"))
    #expect(rows.contains("top1 75.00 % 50.00 % -25.00 %"))
    #expect(rows.contains("error of 'p' to expected 0 0.203125 -"))
    #expect(text.contains("answers that differ from float: 1 of 4 (25.00 %)"))
    #expect(text.contains("rel. sq. error"))
  }

  @Test(arguments: [
    (#"{"name": "top1", "output": "q"}"#, ["p"]), (#"{"name": "mse"}"#, ["p", "q"]),
    (#"{"name": "perplexity", "tokens": "z"}"#, ["p"]),
  ])
  func `a metric that does not fit the model is refused`(
    _ metric: String, _ outputs: [String]
  ) throws {
    let samples = try samples(metric, labels: [0, 1, 0, 0])
    let error = #expect(throws: Diagnostic.self) {
      try Evaluator(samples, bound: Self.bound(samples, batch: 1), outputs: outputs)
    }
    #expect(error?.code == .malformedDataset)
  }
}
