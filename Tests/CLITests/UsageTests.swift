import Diagnostics
import Foundation
import Testing

@Suite("wrong command lines")
struct UsageTests {
  /// What the parser of the command line refuses: status 2 and the usage, on standard error.
  @Test(arguments: [
    ["frobnicate"], ["build"], ["build", "model.onnx", "--bogus"], ["calibrate", "merge"],
    ["bench", "model.qpk", "--threads", "0"], ["bench", "model.qpk", "--threads", "many"],
    ["bench", "model.qpk", "--seconds", "0"], ["bench", "model.qpk", "--seconds", "nan"],
    ["bench", "model.qpk", "--seconds", "inf"], ["bench", "model.qpk", "--seconds", "1e300"],
    ["eval", "model.onnx", "model.qpk", "--dataset", "dataset.json", "--limit=-3"],
    ["run"], ["eval", "model.onnx"], ["explain", "model.qpk", "--measure"],
    ["explain", "model.qpk", "--cost", "--threads", "0"],
  ])
  func `are refused with the usage`(_ arguments: [String]) throws {
    let folder = try WorkFolder(.package)
    let before = try folder.snapshot()
    let outcome = try Quantc.run(arguments, in: folder.root)
    #expect(outcome.status == ExitStatus.usage.rawValue, "\(outcome.messages)")
    #expect(outcome.messages.contains("Usage: quantc"))
    #expect(outcome.output.isEmpty)
    #expect(try folder.snapshot() == before)
  }

  /// What a command refuses itself: the code too.
  @Test(arguments: [
    (["calibrate", "model.onnx"], "--dataset"),
    (["calibrate", "model.onnx", "--input", "image=calib_x.npy", "--limit=-1"], "--limit"),
    (["calibrate", "model.onnx", "--input", "image=calib_x.npy", "--range", "5..<2"], "5..<2"),
    (["calibrate", "model.onnx", "--input", "image=calib_x.npy", "--range", "0..<999"], "0..<200"),
    (["run", "model.qpk", "--input", "image=dev_x.npy", "--threads", "0"], "--threads"),
    (["run", "model.qpk", "--input", "image=dev_x.npy", "--output", "y.npy"], "y.npy"),
    (["run", "model.qpk", "--input", "image=dev_x.npy", "--output", "z=y.npy"], "probabilities"),
    (["build", "model.onnx", "--precision", "int9"], "int8, float32"),
    (["build", "model.onnx", "--precision", "float32", "--io", "int3"], "uint8"),
    (["build", "model.onnx", "--precision", "float32", "--emit", "tar"], "tar"),
    (["build", "model.onnx", "--precision", "float32", "--shape", "image=1x-1"], "image=1x-1"),
    (["build", "model.onnx", "--precision", "float32", "--shape", "picture=1x1x8x8"], "image"),
    (["build", "model.onnx", "--precision", "float32", "--stop-after", "nothing"], "nothing"),
    (["build", "model.onnx", "--precision", "float32", "--print-ir-after", "nothing"], "nothing"),
  ])
  func `are refused with code and hint`(_ arguments: [String], _ mention: String) throws {
    let folder = try WorkFolder(.package)
    try folder.refuse(arguments, .usage, mentions: [mention])
  }

  @Test func `an unknown target is one of class 6`() throws {
    let folder = try WorkFolder(.table)
    let build = ["build", "model.onnx", "--calibration", "model.calib.json", "-o", "m.qpk"]
    try folder.refuse(
      build + ["--target", "z80"], .unknownTarget, mentions: ["z80", "hint: known:", "avx2"])
    try folder.refuse(build + ["--target", ""], .unknownTarget)
  }

  @Test func `a scheme without kernels is named as such`() throws {
    let folder = try WorkFolder()
    try folder.refuse(
      ["build", "model.onnx", "--precision", "int4"], .unsupportedElementType, mentions: ["int4"])
  }

  @Test func `a limit that does not hold is status 1, after the report`() throws {
    let folder = try WorkFolder(.package)
    let outcome = try folder.quantc(
      "eval", "model.onnx", "model.qpk", "--dataset", "dataset.json", "--limit", "20",
      "--min-metric", "1.01")
    #expect(outcome.status == ExitStatus.checkFailed.rawValue)
    #expect(outcome.messages.contains("error QC8001: --min-metric 1.01"))
    #expect(outcome.text.contains("top1"))
  }
}
