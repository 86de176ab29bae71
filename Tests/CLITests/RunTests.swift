import Diagnostics
import Foundation
import ModelRunner
import Samples
import Tensors
import Testing

@Suite("quantc run")
struct RunTests {
  static let variants = ["portable", "avx2", "avxvnni", "vnni256", "avx512vnni"]

  /// The answers of the portable code on one thread are those of every other way to run.
  @Test(arguments: variants.filter { HostCPU.supports(variant: $0) })
  func `the environment forces a variant where no option does`(variant: String) throws {
    let folder = try WorkFolder(.package)
    let bench = ["bench", "model.qpk", "--seconds", "0.01", "--json"]
    func used(_ arguments: [String]) throws -> String {
      let outcome = try Quantc.run(
        at: Quantc.executable("quantc"), arguments, in: folder.root,
        environment: ["QUANTC_VARIANT": variant])
      #expect(outcome.status == 0, "\(outcome.messages)")
      let report = try JSONSerialization.jsonObject(with: outcome.output) as? [String: Any]
      return report?["variant"] as? String ?? ""
    }
    #expect(try used(bench) == variant)
    #expect(try used(bench + ["--variant", "portable"]) == "portable")
  }

  @Test(arguments: variants.filter { HostCPU.supports(variant: $0) }, [1, 2, 3])
  func `gives the same bytes on every variant and thread count`(
    variant: String, threads: Int
  ) throws {
    let folder = try WorkFolder(.package)
    try folder.succeed(
      "run", "model.qpk", "--input", "image=dev_x.npy", "--output", "probabilities=a.npy",
      "--variant", "portable")
    try folder.succeed(
      "run", "model.qpk", "--input", "image=dev_x.npy", "--output", "probabilities=b.npy",
      "--variant", variant, "--threads", "\(threads)")
    #expect(try folder.contents("a.npy") == folder.contents("b.npy"))
  }

  @Test func `a single array is one whole input`() throws {
    let folder = try WorkFolder(.package)
    let samples = try NPY.read(folder.path("dev_x.npy"))
    let first = try NPY.encode(
      try .init(.u8, .init([1, 1, 8, 8]), bytes: samples.bytes.prefix(64)))
    try folder.write("one.npy", first)
    for model in ["model.qpk", "model.onnx"] {
      try folder.succeed(
        "run", model, "--single", "--input", "image=one.npy", "--output", "probabilities=y.npy")
      #expect(try NPY.read(folder.path("y.npy")).shape.dims == [1, 10], "\(model)")
    }
    try folder.refuse(
      ["run", "model.qpk", "--single", "--input", "image=dev_x.npy"], .wrongArray,
      mentions: ["--single"])
  }

  @Test func `says which conversion it made`() throws {
    let folder = try WorkFolder(.package)
    let outcome = try folder.succeed("run", "model.qpk", "--input", "image=dev_x.npy")
    #expect(outcome.messages.contains("note: input 'image': u8"))
    #expect(outcome.output.isEmpty)
  }
}

@Suite("quantc-opt")
struct OptTests {
  @Test func `lists its passes and runs them on a text`() throws {
    let folder = try WorkFolder()
    let list = try Quantc.run(["list"], in: folder.root, executable: "quantc-opt")
    #expect(list.status == 0)
    #expect(list.text.split(separator: "\n").contains("fold-constants"))
    let relu = ONNXBytes.Node(op: "Relu", inputs: ["x"], outputs: ["y"])
    try folder.write("m.onnx", ONNXBytes(nodes: [relu]).data)
    let graph = try folder.succeed(
      "build", "m.onnx", "--precision", "float32", "--stop-after", "remove-dead-ops")
    try folder.write("m.qir", graph.output)
    let once = try Quantc.run(
      ["run", "--passes=remove-dead-ops", "m.qir"], in: folder.root, executable: "quantc-opt")
    #expect(once.status == 0, "\(once.messages)")
    #expect(once.text.contains("relu"))
  }

  @Test func `refuses unknown passes and texts that cannot be parsed`() throws {
    let folder = try WorkFolder()
    try folder.write("m.qir", Data("graph \"g\" imported\n%0 = nonsense\n".utf8))
    for (arguments, code) in [
      (["run", "--passes=fold-constants", "m.qir"], "error QC1003: m.qir"),
      (["run", "--passes=fold-constants", "absent.qir"], "error QC4004: absent.qir"),
    ] {
      let outcome = try Quantc.run(arguments, in: folder.root, executable: "quantc-opt")
      #expect(outcome.messages.hasPrefix(code), "\(outcome.messages)")
      #expect(outcome.status == (code.contains("QC1") ? 3 : 6))
      #expect(outcome.output.isEmpty)
    }
  }
}
