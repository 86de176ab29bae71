import Diagnostics
import Foundation
import Testing

@Suite("quantc calibrate")
struct CalibrateTests {
  private static let calibrate = ["calibrate", "model.onnx", "--input", "image=calib_x.npy", "-o"]

  @Test func `shards merge to the bytes of one run`() throws {
    let folder = try WorkFolder(.table)
    for (name, range) in [("c", "150..<200"), ("a", "0..<70"), ("b", "70..<150")] {
      let outcome = try Quantc.run(
        CalibrateTests.calibrate + ["\(name).json", "--range", range], in: folder.root)
      #expect(outcome.status == 0)
    }
    try folder.succeed("calibrate", "merge", "c.json", "a.json", "b.json", "-o", "merged.json")
    #expect(try folder.contents("merged.json") == folder.contents("model.calib.json"))
  }

  @Test func `a resumed run gives the bytes of one run`() throws {
    let folder = try WorkFolder(.table)
    let first = try Quantc.run(
      CalibrateTests.calibrate + ["t.json", "--limit", "90"], in: folder.root)
    #expect(first.status == 0)
    let second = try Quantc.run(CalibrateTests.calibrate + ["t.json", "--resume"], in: folder.root)
    #expect(second.status == 0, "\(second.messages)")
    #expect(try folder.contents("t.json") == folder.contents("model.calib.json"))
  }

  @Test func `an interrupted run is resumed from what it kept beside its output`() throws {
    let folder = try WorkFolder(.table)
    let part = try Quantc.run(
      CalibrateTests.calibrate + ["t.json.partial", "--limit", "64"], in: folder.root)
    #expect(part.status == 0)
    let rest = try Quantc.run(CalibrateTests.calibrate + ["t.json", "--resume"], in: folder.root)
    #expect(rest.status == 0, "\(rest.messages)")
    #expect(try folder.contents("t.json") == folder.contents("model.calib.json"))
    #expect(!FileManager.default.fileExists(atPath: folder.path("t.json.partial")))
  }

  @Test func `a data set and its arrays give the same table`() throws {
    let folder = try WorkFolder(.table)
    try folder.succeed(
      "calibrate", "model.onnx", "--dataset", "dataset.json", "-o", "t.json")
    #expect(try folder.contents("t.json") == folder.contents("model.calib.json"))
  }

  @Test func `the output has a name of its own`() throws {
    let folder = try WorkFolder(.table)
    let table = try folder.contents("model.calib.json")
    try FileManager.default.removeItem(atPath: folder.path("model.calib.json"))
    try folder.succeed("calibrate", "model.onnx", "--input", "image=calib_x.npy")
    #expect(try folder.contents("model.calib.json") == table)
  }

  @Test func `the sensitivity is reported, and left out when asked`() throws {
    let folder = try WorkFolder(.table)
    let command = ["calibrate", "model.onnx", "--input", "image=calib_x.npy", "--json", "-o"]
    let with = try Quantc.run(command + ["with.json"], in: folder.root)
    #expect(try folder.contents("with.json") == folder.contents("model.calib.json"))
    let sensitivity = try JSONDecoder().decode(Summary.self, from: with.output).sensitivity
    #expect(sensitivity.samples == 8)
    #expect(sensitivity.tensors > 2)
    #expect(sensitivity.runs == 8 * sensitivity.tensors)
    let without = try Quantc.run(
      command + ["without.json", "--sensitivity-samples", "0"], in: folder.root)
    let none = try JSONDecoder().decode(Summary.self, from: without.output).sensitivity
    #expect((none.samples, none.tensors, none.runs) == (0, 0, 0))
    let text = String(decoding: try folder.contents("without.json"), as: UTF8.self)
    #expect(!text.contains("gain"))
    try folder.succeed("build", "model.onnx", "--calibration", "without.json", "-o", "m.qpk")
    try folder.refuse(
      command + ["t.json", "--sensitivity-samples=-1"], .usage,
      mentions: ["--sensitivity-samples"])
  }

  private struct Summary: Decodable {
    struct Sensitivity: Decodable {
      let tensors: Int
      let samples: Int
      let runs: Int
    }

    let sensitivity: Sensitivity
  }

  @Test(arguments: ["interpreter", "compiled", "auto"])
  func `every runner writes the same table and says what ran`(_ runner: String) throws {
    let folder = try WorkFolder(.table)
    let outcome = try folder.succeed(
      "calibrate", "model.onnx", "--input", "image=calib_x.npy", "-o", "t.json", "--runner", runner)
    #expect(try folder.contents("t.json") == folder.contents("model.calib.json"))
    let isCompiled = outcome.messages.contains("kernels compiled for 1 input shape")
    #expect(isCompiled == (runner == "compiled"), "\(outcome.messages)")
  }

  @Test func `without a compiler the message names the runner that needs none`() throws {
    let folder = try WorkFolder()
    let outcome = try Quantc.run(
      at: Quantc.executable("quantc"),
      CalibrateTests.calibrate + ["t.json", "--runner", "compiled"], in: folder.root,
      environment: ["QUANTC_CLANG": "/nowhere/clang"])
    #expect(outcome.status == DiagnosticCode.toolchainMissing.exitStatus.rawValue)
    #expect(outcome.messages.contains("--runner interpreter"), "\(outcome.messages)")
    #expect(!FileManager.default.fileExists(atPath: folder.path("t.json")))
  }
}
