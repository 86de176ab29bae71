import Diagnostics
import Foundation
import Testing

@Suite("outputs that cannot be written")
struct OutputTests {
  @Test(arguments: [
    ["calibrate", "model.onnx", "--input", "image=calib_x.npy", "-o"],
    ["calibrate", "merge", "model.calib.json", "-o"],
    ["build", "model.onnx", "--calibration", "model.calib.json", "--target", "portable", "-o"],
  ])
  func `leave the folder as it was`(_ command: [String]) throws {
    let folder = try WorkFolder(.table)
    try folder.refuse(
      command + ["nowhere/out"], .unwritableOutput, mentions: ["nowhere/out", "hint"])
    try FileManager.default.createDirectory(
      atPath: folder.path("taken"), withIntermediateDirectories: false)
    try folder.refuse(command + ["taken"], .unwritableOutput, mentions: ["taken"])
  }

  @Test func `leave none of several`() throws {
    let folder = try WorkFolder(.table, .package)
    let build = [
      "build", "model.onnx", "--calibration", "model.calib.json", "--target", "portable",
    ]
    try folder.refuse(
      build + ["--emit", "q.onnx", "--emit", "c", "--emit", "f.qir", "-o", "nowhere/m.qpk"],
      .unwritableOutput, mentions: ["nowhere/m."])
    try folder.refuse(
      build + ["--emit", "q.onnx", "--emit", "nowhere/f.qir", "-o", "m.qpk"], .unwritableOutput,
      mentions: ["nowhere/f.qir"])
    let run = ["run", "model.qpk", "--input", "image=dev_x.npy", "--output"]
    try folder.refuse(
      run + ["probabilities=nowhere/y.npy"], .unwritableOutput, mentions: ["nowhere/y.npy"])
  }

  @Test func `replace what was there at once`() throws {
    let folder = try WorkFolder(.package)
    try folder.write("y.npy", Data("old".utf8))
    try folder.succeed(
      "run", "model.qpk", "--input", "image=dev_x.npy", "--output", "probabilities=y.npy")
    #expect(try folder.contents("y.npy").count == 128 + 600 * 10 * 4)
    let names = try folder.snapshot().keys
    #expect(!names.contains { $0.contains("tmp") || $0.contains("part") })
  }
}
