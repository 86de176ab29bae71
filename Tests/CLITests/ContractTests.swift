import Diagnostics
import Foundation
import Samples
import Tensors
import Testing

@Suite("the contract of the command line")
struct ContractTests {
  @Test func `the four commands go from model to answers`() throws {
    let folder = try WorkFolder()
    try folder.succeed(
      "calibrate", "model.onnx", "--input", "image=calib_x.npy", "-o", "a.calib.json")
    try folder.succeed(
      "build", "model.onnx", "--calibration", "a.calib.json", "-o", "a.qpk", "--target", "portable")
    try folder.succeed(
      "run", "a.qpk", "--input", "image=dev_x.npy", "--output", "probabilities=y.npy")
    let answers = try NPY.read(folder.path("y.npy"))
    #expect(answers.element == .f32)
    #expect(answers.shape.dims == [600, 10])
    #expect(try share(of: answers, in: folder) >= 0.985)
    let bench = try folder.succeed(
      "bench", "a.qpk", "--threads", "1", "--json", "--seconds", "0.02")
    let report = try document(bench)
    let latency = try #require(report["latency_ms"] as? [String: Any])
    for key in ["p50", "p90", "p99"] { #expect(latency[key] as? Double ?? 0 > 0) }
    for key in ["arena_bytes", "weight_bytes", "package_bytes", "peak_rss_bytes"] {
      #expect(report[key] as? Int ?? 0 > 0, "\(key)")
    }
    #expect(report["threads"] as? Int == 1)
  }

  private func share(of answers: Tensor, in folder: WorkFolder) throws -> Double {
    let labels = try NPY.read(folder.path("dev_y.npy")).elements(Int64.self)
    let rows = answers.floats
    let right = labels.indices.count { index in
      let row = rows[index * 10..<index * 10 + 10]
      return row.max() == row[row.startIndex + Int(labels[index])]
    }
    return Double(right) / Double(labels.count)
  }

  @Test(arguments: [
    ["calibrate", "model.onnx", "--input", "image=calib_x.npy", "--limit", "4", "-o", "b.json"],
    ["calibrate", "merge", "model.calib.json", "-o", "b.json"],
    ["build", "model.onnx", "--calibration", "model.calib.json", "-o", "b.qpk"],
    ["run", "model.qpk", "--input", "image=dev_x.npy", "--output", "probabilities=y.npy"],
    ["run", "model.onnx", "--dataset", "dataset.json", "--split", "calibration"],
    ["eval", "model.onnx", "model.qpk", "--dataset", "dataset.json", "--limit", "20"],
    ["bench", "model.qpk", "--seconds", "0.01", "--steps"],
    ["explain", "model.qpk"],
    ["explain", "model.qpk", "--cost", "--threads", "2"],
    ["explain", "model.qpk", "--cost", "--measure", "--seconds", "0.01"],
    ["inspect", "model.qpk"],
  ])
  func `prints one versioned document and nothing else`(_ arguments: [String]) throws {
    let folder = try WorkFolder(.table, .package)
    let outcome = try Quantc.run(arguments + ["--json"], in: folder.root)
    #expect(outcome.status == 0, "\(outcome.messages)")
    let report = try document(outcome)
    #expect(report["schema_version"] as? Int == 1)
    for key in report.keys { #expect(key == key.lowercased()) }
  }

  /// The one JSON object on standard output.
  private func document(_ outcome: Quantc.Outcome) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: outcome.output) as? [String: Any])
  }

  @Test func `version and help go to standard output`() throws {
    let folder = try WorkFolder()
    let version = try folder.succeed("--version")
    #expect(version.text.contains(/^[0-9]+\.[0-9]+\.[0-9]+\n$/))
    let help = try folder.succeed("--help").text
    for command in ["calibrate", "build", "run", "eval", "bench", "explain", "inspect"] {
      #expect(help.contains(command))
      #expect(try folder.succeed(command, "--help").text.contains("quantc \(command)"))
    }
    for status in ExitStatus.allCases { #expect(help.contains("\(status.rawValue)")) }
  }

  @Test func `results that people read go to standard output, messages to standard error`() throws {
    let folder = try WorkFolder(.table, .package)
    #expect(try folder.succeed("explain", "model.qpk").text.contains("folded into kernels"))
    #expect(try folder.succeed("inspect", "model.qpk").text.contains("sections"))
    let build = try folder.succeed(
      "build", "model.onnx", "--calibration", "model.calib.json", "-o", "b.qpk")
    #expect(build.output.isEmpty)
    #expect(build.messages.contains("b.qpk"))
  }
}
