import Diagnostics
import Foundation
import Testing

@Suite("calibration tables and recipes that are refused")
struct BadTableTests {
  private static let build = [
    "build", "model.onnx", "--calibration", "model.calib.json", "-o", "m.qpk",
  ]

  @Test func `missing`() throws {
    let folder = try WorkFolder()
    try folder.refuse(
      ["build", "model.onnx", "-o", "m.qpk"], .missingCalibration,
      mentions: ["model.onnx", "quantc calibrate model.onnx", "--precision float32"])
    try folder.refuse(BadTableTests.build, .unreadableFile, mentions: ["model.calib.json"])
  }

  @Test(arguments: [0, 1, 100, 5000]) func `truncated`(count: Int) throws {
    let folder = try WorkFolder(.table)
    try folder.edit("model.calib.json") { $0 = $0.prefix(count) }
    try folder.refuse(
      BadTableTests.build, .malformedCalibration, mentions: ["model.calib.json"])
  }

  @Test(arguments: 0..<8) func `with a flipped bit`(seed: Int) throws {
    let folder = try WorkFolder(.table)
    try folder.edit("model.calib.json") { data in
      data[(seed * 104_729 + 13) % data.count] ^= 1 << UInt8(seed)
    }
    try folder.refuse(
      BadTableTests.build, .malformedCalibration, mentions: ["model.calib.json"])
  }

  @Test func `of another model`() throws {
    let folder = try WorkFolder(.table)
    var sound = ONNXBytes(nodes: [ONNXBytes.Node(op: "Relu", inputs: ["x"], outputs: ["y"])])
    sound.inputs[0].dims = [1, 4]
    try folder.write("other.onnx", sound.data)
    try folder.refuse(
      ["build", "other.onnx", "--calibration", "model.calib.json", "-o", "m.qpk"],
      .foreignCalibration, mentions: ["other.onnx", "calibrate again"])
  }

  @Test func `that overlap, or are of other samples`() throws {
    let folder = try WorkFolder(.table)
    try folder.refuse(
      ["calibrate", "merge", "model.calib.json", "model.calib.json", "-o", "m.json"],
      .foreignCalibration, mentions: ["model.calib.json", "disjoint"])
    try folder.refuse(
      [
        "calibrate", "model.onnx", "--input", "image=dev_x.npy", "--resume", "-o",
        "model.calib.json",
      ], .foreignCalibration)
  }

  @Test(arguments: ["{", "[]", "{\"schema_version\": 1, \"precison\": \"int8\"}"])
  func `a malformed recipe`(text: String) throws {
    let folder = try WorkFolder(.table)
    try folder.write("recipe.json", Data(text.utf8))
    try folder.refuse(
      BadTableTests.build + ["--recipe", "recipe.json"], .malformedRecipe,
      mentions: ["recipe.json"])
  }
}
