import Diagnostics
import Foundation
import Samples
import Tensors
import Testing

@Suite("samples that are refused")
struct BadSampleTests {
  /// Calibration and run of `array` as the model's input are both refused.
  private func refuse(
    _ array: Data, _ code: DiagnosticCode, _ mentions: String...,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let folder = try WorkFolder(.package)
    try folder.write("bad.npy", array)
    try folder.refuse(
      ["calibrate", "model.onnx", "--input", "image=bad.npy", "-o", "t.json"], code,
      mentions: mentions, sourceLocation: sourceLocation)
    try folder.refuse(
      ["run", "model.qpk", "--input", "image=bad.npy", "--output", "probabilities=y.npy"], code,
      mentions: mentions, sourceLocation: sourceLocation)
  }

  private func samples(_ change: (inout [Float]) -> Void = { _ in }, count: Int = 70) throws -> Data
  {
    var values = (0..<count * 64).map { Float($0 % 17) }
    change(&values)
    return try NPY.encode(try .floats(values, [count, 1, 8, 8]))
  }

  @Test(arguments: [0, 5, 64, 127, 4000]) func `truncated`(count: Int) throws {
    try refuse(try samples().prefix(count), .malformedArray, "bad.npy", "hint")
  }

  @Test(arguments: [0, 8, 10, 20]) func `with a flipped bit in the header`(byte: Int) throws {
    var array = try samples()
    array[byte] ^= 0x40
    try refuse(array, .malformedArray, "bad.npy")
  }

  @Test func `with trailing bytes`() throws {
    try refuse(try samples() + [0], .malformedArray, "bad.npy")
  }

  @Test func `of a wrong shape`() throws {
    let wide = try Tensor.floats(Array(repeating: 0, count: 720), [10, 1, 8, 9])
    try refuse(try NPY.encode(wide), .wrongArray, "bad.npy", "8, 8]", "8, 9]")
    let flat = try Tensor.int64s(Array(repeating: 0, count: 10), [10])
    try refuse(try NPY.encode(flat), .wrongArray, "bad.npy", "image", "axis 0")
  }

  @Test func `of a value that the type cannot hold`() throws {
    let folder = try WorkFolder(.table)
    try folder.succeed(
      "build", "model.onnx", "--calibration", "model.calib.json", "--io", "uint8", "-o", "u.qpk")
    try folder.write("bad.npy", try samples { $0[100] = 300 })
    try folder.refuse(
      ["run", "u.qpk", "--input", "image=bad.npy", "--output", "probabilities=y.npy"], .wrongArray,
      mentions: ["image"])
  }

  @Test func `without a sample`() throws {
    let empty = try NPY.encode(try .floats([], [0, 1, 8, 8]))
    let folder = try WorkFolder()
    try folder.write("bad.npy", empty)
    try folder.refuse(
      ["calibrate", "model.onnx", "--input", "image=bad.npy", "-o", "t.json"], .emptyCalibration,
      mentions: ["sample"])
  }

  @Test(arguments: [Float.nan, .infinity]) func `that are not finite`(value: Float) throws {
    let folder = try WorkFolder()
    try folder.write("bad.npy", try samples { $0[64 * 66 + 3] = value })
    let calibrate = ["calibrate", "model.onnx", "--input", "image=bad.npy", "-o", "t.json"]
    try folder.refuse(
      calibrate, .nonFiniteSamples, mentions: ["image, sample 66", "--skip-non-finite"])
    let outcome = try Quantc.run(calibrate + ["--skip-non-finite", "--json"], in: folder.root)
    #expect(outcome.status == 0)
    #expect(outcome.text.contains("\"skipped\" : 1"))
  }

  @Test func `all of them not finite`() throws {
    let folder = try WorkFolder()
    try folder.write("bad.npy", try samples({ $0[3] = .nan }, count: 1))
    try folder.refuse(
      [
        "calibrate", "model.onnx", "--input", "image=bad.npy", "-o", "t.json", "--skip-non-finite",
      ], .emptyCalibration)
  }

  @Test func `for an input that the model does not have`() throws {
    let folder = try WorkFolder(.package)
    try folder.refuse(
      ["run", "model.qpk", "--input", "picture=dev_x.npy"], .wrongArray,
      mentions: ["picture", "image"])
  }

  @Test func `from a place that is no file`() throws {
    let folder = try WorkFolder()
    for place in ["absent.npy", "/dev/null", "."] {
      try folder.refuse(
        ["calibrate", "model.onnx", "--input", "image=\(place)", "-o", "t.json"], .unreadableFile,
        mentions: ["hint"])
    }
  }

  @Test func `described by a data set with a misspelt key`() throws {
    let folder = try WorkFolder()
    let text = String(decoding: try folder.contents("dataset.json"), as: UTF8.self)
    try folder.write("dataset.json", Data(text.replacing("convert", with: "convrt").utf8))
    try folder.refuse(
      ["calibrate", "model.onnx", "--dataset", "dataset.json", "-o", "t.json"], .malformedDataset,
      mentions: ["dataset.json", "convrt"])
  }
}
