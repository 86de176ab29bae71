import Diagnostics
import Foundation
import GraphIR
import Tensors
import TestSupport
import Testing

@testable import ONNXFrontend

/// A model with one weight in an external file, in a folder of its own.
private struct ExternalModel {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      at: folder.url.appendingPathComponent("sub"), withIntermediateDirectories: true)
    try write("weights.bin")
  }

  func write(_ name: String) throws {
    let values: [Float] = [9, 1, 2, 3]
    try values.withUnsafeBytes { Data($0) }.write(to: folder.url.appendingPathComponent(name))
  }

  func model(_ entries: [(String, String)]) throws -> ONNXModel {
    var test = TestModel(
      inputs: [.floats("x", [3])], initializers: [("w", try Tensor.floats([0, 0, 0], [3]))],
      nodes: [Onnx_NodeProto("Add", ["x", "w"], ["y"])], outputs: ["y"])
    test.proto.graph.initializer[0].clearRawData()
    test.proto.graph.initializer[0].dataLocation = .external
    test.proto.graph.initializer[0].externalData = entries.map { key, value in
      var entry = Onnx_StringStringEntryProto()
      entry.key = key
      entry.value = value
      return entry
    }
    let path = folder.url.appendingPathComponent("model.onnx")
    try test.data.write(to: path)
    return try ONNXModel(contentsOf: path.path)
  }

  func refusal(_ entries: [(String, String)]) -> Diagnostic? {
    do {
      _ = try model(entries)
      return nil
    } catch {
      return error as? Diagnostic
    }
  }
}

@Suite("external data")
struct ExternalDataTests {
  @Test func `weights are read beside the model`() throws {
    let files = try ExternalModel()
    let model = try files.model([("location", "weights.bin"), ("offset", "4"), ("length", "12")])
    let graph = try model.graph()
    #expect(graph.constant(ValueID(1))?.floats == [1, 2, 3])
    #expect(model.content.count == 2)
  }

  @Test(arguments: [
    "../weights.bin", "/etc/hostname", "a/../../weights.bin", "sub/../weights.bin", "", ".",
    "./weights.bin", "sub//weights.bin", "missing.bin", "sub", "/proc/self/environ", "a\0b",
    String(repeating: "x/", count: 40_000),
  ])
  func `a location outside of the folder is refused`(location: String) throws {
    let files = try ExternalModel()
    let error = files.refusal([("location", location)])
    #expect(error?.code == .externalData)
    #expect(error?.file?.hasSuffix("model.onnx") == true)
    #expect(error?.location == "tensor 'w'")
  }

  @Test(arguments: [
    [("offset", "8")], [("offset", "-4")], [("offset", "x")], [("offset", "99999999999999999999")],
    [("length", "8")], [("offset", "9223372036854775807")], [("offset", "4"), ("offset", "4")],
    [("format", "1")], [("offset", "")], [("offset", " 4")],
  ])
  func `a range outside of the file is refused`(entries: [(String, String)]) throws {
    let files = try ExternalModel()
    let error = files.refusal([("location", "weights.bin")] + entries)
    #expect(error?.code == .externalData)
  }

  @Test func `links and devices are refused`() throws {
    let files = try ExternalModel()
    let path = { (name: String) in files.folder.path(name) }
    try FileManager.default.createSymbolicLink(
      atPath: path("link.bin"), withDestinationPath: path("weights.bin"))
    try FileManager.default.createSymbolicLink(
      atPath: path("linked"), withDestinationPath: path("sub"))
    try files.write("sub/inner.bin")
    #expect(mkfifo(path("pipe.bin"), 0o600) == 0)
    for location in ["link.bin", "linked/inner.bin", "pipe.bin"] {
      let error = files.refusal([("location", location), ("offset", "4")])
      #expect(error?.code == .externalData, "\(location)")
    }
    #expect(files.refusal([("location", "sub/inner.bin"), ("offset", "4")]) == nil)
    try FileManager.default.linkItem(atPath: path("sub/inner.bin"), toPath: path("hard.bin"))
    #expect(files.refusal([("location", "hard.bin")])?.code == .externalData)
  }

  @Test func `a model in memory has no external data`() throws {
    var test = TestModel("Relu", [try counting(1)])
    var weight = Onnx_TensorProto(try counting(1), name: "w")
    weight.clearRawData()
    weight.dataLocation = .external
    test.proto.graph.initializer = [weight]
    #expect(try test.refusal()?.code == .externalData)
  }
}
