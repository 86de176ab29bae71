import Diagnostics
import Foundation
import Samples
import Tensors
import Testing

@Suite("quantc build")
struct BuildTests {
  private static let build = ["build", "model.onnx", "--calibration", "model.calib.json"]

  /// Builds with `options` and gives the probabilities of the samples.
  private func answers(
    _ options: [String], in folder: WorkFolder, from model: String = "model.onnx",
    input: String = "dev_x.npy"
  ) throws -> Data {
    var arguments = ["build", model, "-o", "t.qpk"] + options
    if !model.hasPrefix("q") { arguments += ["--calibration", "model.calib.json"] }
    let built = try Quantc.run(arguments, in: folder.root)
    #expect(built.status == 0, "\(built.messages)")
    try folder.succeed(
      "run", "t.qpk", "--input", "image=\(input)", "--output", "probabilities=t.npy")
    return try folder.contents("t.npy")
  }

  @Test func `the same build gives the same bytes`() throws {
    let folder = try WorkFolder(.table, .package)
    let again = try Quantc.run(
      BuildTests.build + ["--target", "x86-64", "-o", "again.qpk"], in: folder.root)
    #expect(again.status == 0)
    #expect(try folder.contents("again.qpk") == folder.contents("model.qpk"))
  }

  @Test func `the emitted QDQ model comes in again, to the same answers`() throws {
    let folder = try WorkFolder(.table)
    let first = try answers(
      ["--emit", "q.onnx", "--emit", "f.qir", "--emit", "c", "--target", "portable"], in: folder)
    let text = String(decoding: try folder.contents("f.qir"), as: UTF8.self)
    #expect(text.hasPrefix("graph \"digits\" fused\n"))
    let code = String(decoding: try folder.contents("t.portable.c"), as: UTF8.self)
    #expect(code.contains("q.conv"))
    #expect(try answers(["--target", "portable"], in: folder, from: "q.onnx") == first)
    try folder.succeed(
      "run", "q.onnx", "--input", "image=dev_x.npy", "--output", "probabilities=f.npy")
    let float = try NPY.read(folder.path("f.npy")).floats
    let packed = try NPY.decode(first).floats
    #expect(zip(float, packed).allSatisfy { abs($0 - $1) < 0.1 })
  }

  @Test func `8-bit inputs and outputs are the float ones, quantized`() throws {
    let folder = try WorkFolder(.table)
    let pixels = try NPY.read(folder.path("dev_x.npy"))
    // The calibrated range is that of the pixels, 0...16.
    let bytes = pixels.elements(UInt8.self).map {
      UInt8((Float($0) / (16 / 255)).rounded(.toNearestOrEven))
    }
    try folder.write("u8.npy", try .init(.u8, pixels.shape, bytes))
    try folder.write("i8.npy", try .init(.i8, pixels.shape, bytes.map { Int8(Int($0) - 128) }))
    let floats = try NPY.decode(try answers(["--target", "portable"], in: folder)).floats
    let unsigned = try NPY.decode(
      try answers(["--io", "uint8", "--target", "portable"], in: folder, input: "u8.npy"))
    let signed = try NPY.decode(
      try answers(["--io", "int8", "--target", "portable"], in: folder, input: "i8.npy"))
    #expect(unsigned.element == .u8)
    #expect(signed.element == .i8)
    let quantized = unsigned.elements(UInt8.self).map(Int.init)
    #expect(signed.elements(Int8.self).map { Int($0) + 128 } == quantized)
    #expect(zip(floats, quantized).allSatisfy { abs($0 - Float($1) / 255) < 0.01 })
  }

  @Test func `nodes that are kept in float stay in float`() throws {
    let folder = try WorkFolder(.table)
    let kept = BuildTests.build + ["--keep-float", "conv_?", "--json", "-o", "k.qpk"]
    let report = try JSONSerialization.jsonObject(
      with: try Quantc.run(kept, in: folder.root).output)
    let floatOps = try #require((report as? [String: Any])?["float_ops"] as? Int)
    #expect(floatOps > 5)
    #expect(try folder.succeed("explain", "k.qpk").text.contains("conv conv_2"))
    let recipe = "{\"schema_version\": 1, \"keep_float\": [\"conv_?\"]}"
    try folder.write("recipe.json", Data(recipe.utf8))
    let byFile = try Quantc.run(
      BuildTests.build + ["--recipe", "recipe.json", "-o", "r.qpk"], in: folder.root)
    #expect(byFile.status == 0, "\(byFile.messages)")
    #expect(try folder.contents("r.qpk") == folder.contents("k.qpk"))
  }

  @Test func `float32 needs no table and is close to the interpreter`() throws {
    let folder = try WorkFolder()
    try folder.succeed(
      "build", "model.onnx", "--precision", "float32", "-o", "f.qpk", "--shape", "image=4x1x8x8")
    for model in ["f.qpk", "model.onnx"] {
      try folder.succeed(
        "run", model, "--input", "image=dev_x.npy", "--output", "probabilities=\(model).npy")
    }
    let (packed, reference) = (
      try NPY.read(folder.path("f.qpk.npy")), try NPY.read(folder.path("model.onnx.npy"))
    )
    #expect(packed.shape == reference.shape)
    #expect(zip(packed.floats, reference.floats).allSatisfy { abs($0 - $1) < 1e-4 })
  }

  @Test func `passes can be printed and stopped after`() throws {
    let folder = try WorkFolder(.table)
    let stopped = try Quantc.run(
      BuildTests.build + ["--stop-after", "fold-batch-norm", "--verify-each"], in: folder.root)
    #expect(stopped.status == 0)
    #expect(stopped.text.hasPrefix("graph \"digits\""))
    #expect(!stopped.text.contains("batch_norm"))
    #expect(!FileManager.default.fileExists(atPath: folder.path("model.qpk")))
    let printed = try Quantc.run(
      BuildTests.build + [
        "--print-ir-after", "fold-qdq", "--print-ir-after", "schedule", "--target", "portable",
      ], in: folder.root)
    #expect(printed.status == 0)
    #expect(printed.output.isEmpty)
    #expect(printed.messages.contains("// after fold-qdq\n"))
    #expect(printed.messages.contains("// after schedule\n"))
    let all = try Quantc.run(
      BuildTests.build + ["--print-ir-after-all", "--stop-after", "fold-qdq"], in: folder.root)
    #expect(all.messages.split(separator: "\n").count { $0.hasPrefix("// after ") } > 10)
  }
}
