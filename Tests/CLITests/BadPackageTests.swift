import Diagnostics
import Foundation
import ModelRunner
import Testing

@Suite("packages that are refused")
struct BadPackageTests {
  private static let commands = [
    ["run", "model.qpk", "--input", "image=dev_x.npy", "--output", "probabilities=y.npy"],
    ["bench", "model.qpk", "--seconds", "0.01"],
    ["inspect", "model.qpk"],
    ["eval", "model.onnx", "model.qpk", "--dataset", "dataset.json"],
  ]

  @Test(arguments: commands) func `truncated`(command: [String]) throws {
    for count in [0, 10, 63, 200, 5000, 60_000] {
      let folder = try WorkFolder(.package)
      try folder.edit("model.qpk") { $0 = $0.prefix(count) }
      try folder.refuse(command, .malformedPackage, mentions: ["model.qpk", "hint"])
    }
  }

  @Test(arguments: commands) func `damaged`(command: [String]) throws {
    let folder = try WorkFolder(.package)
    try folder.edit("model.qpk") { $0[$0.count - 100] ^= 8 }
    try folder.refuse(command, .damagedSection, mentions: ["model.qpk", "'weights'", "hint"])
  }

  @Test func `explained although damaged`() throws {
    let folder = try WorkFolder(.package)
    try folder.edit("model.qpk") { $0 = $0.prefix(1000) }
    try folder.refuse(["explain", "model.qpk"], .malformedPackage, mentions: ["model.qpk"])
  }

  @Test func `another kind of file`() throws {
    let folder = try WorkFolder(.package)
    try folder.refuse(
      ["run", "dev_x.npy", "--input", "image=dev_x.npy"], .malformedPackage,
      mentions: ["dev_x.npy"])
    try folder.refuse(["inspect", "absent.qpk"], .unreadableFile, mentions: ["absent.qpk"])
  }

  /// The only variants of the package are for another architecture.
  @Test func `for another architecture`() throws {
    let folder = try WorkFolder()
    let corpus = Quantc.repository.appendingPathComponent("Tests/Fuzz/Corpus/package")
    let name = "none-of-its-kernel-variants-runs-on-this-process.qpk"
    try folder.write("model.qpk", try Data(contentsOf: corpus.appendingPathComponent(name)))
    try folder.refuse(
      ["bench", "model.qpk"], .foreignArchitecture, mentions: ["model.qpk", "hint"])
  }

  @Test func `a variant that the package or the processor lacks`() throws {
    let folder = try WorkFolder(.package)
    let run = ["run", "model.qpk", "--input", "image=dev_x.npy", "--variant"]
    try folder.refuse(run + ["abacus"], .foreignArchitecture, mentions: ["abacus"])
    let known = ["avx2", "avxvnni", "vnni256", "avx512vnni"]
    for variant in known where !HostCPU.supports(variant: variant) {
      try folder.refuse(run + [variant], .foreignArchitecture, mentions: [variant])
    }
  }

  @Test func `of another model than the one compared with`() throws {
    let folder = try WorkFolder(.package)
    let relu = ONNXBytes(nodes: [ONNXBytes.Node(op: "Relu", inputs: ["x"], outputs: ["y"])])
    try folder.write("other.onnx", relu.data)
    try folder.refuse(
      ["eval", "other.onnx", "model.qpk", "--dataset", "dataset.json"], .wrongArray)
  }
}
