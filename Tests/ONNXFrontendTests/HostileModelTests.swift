import Diagnostics
import Foundation
import GraphIR
import Tensors
import TestSupport
import Testing

@testable import ONNXFrontend

@Suite("hostile models")
struct HostileModelTests {
  /// A small model with weights, shape arithmetic, a convolution and quantization.
  static func sample() throws -> TestModel {
    TestModel(
      inputs: [.floats("x", [1, 1, 4, 4])],
      initializers: [
        ("w", try counting(2, 1, 3, 3)), ("scale", try Tensor.floats([0.5], [])),
        ("zero", try Tensor.integers(.u8, .scalar, [3])), ("shape", try ints(0, -1)),
      ],
      nodes: [
        Onnx_NodeProto(
          "Conv", ["x", "w"], ["c"], name: "conv1",
          [.ints("kernel_shape", [3, 3]), .ints("pads", [1, 1, 1, 1]), .int("group", 1)]),
        Onnx_NodeProto("Relu", ["c"], ["r"], name: "relu1"),
        Onnx_NodeProto("QuantizeLinear", ["r", "scale", "zero"], ["q"], name: "q1"),
        Onnx_NodeProto("DequantizeLinear", ["q", "scale", "zero"], ["d"], name: "dq1"),
        Onnx_NodeProto("Reshape", ["d", "shape"], ["y"], name: "reshape1"),
      ], outputs: ["y"])
  }

  /// Reads and imports bytes; any error must be a diagnostic.
  private func survives(_ data: Data) -> Bool {
    do throws(Diagnostic) {
      _ = try ONNXModel(data: data).graph()
      return true
    } catch {
      return !error.message.isEmpty && error.code != .internalError
    }
  }

  @Test func `a model cut at any byte is refused or read`() throws {
    let data = try Self.sample().data
    for length in 0..<data.count {
      #expect(survives(data.prefix(length)), "\(length)")
    }
  }

  @Test func `a model with any bit flipped is refused or read`() throws {
    let data = try Self.sample().data
    for index in data.indices {
      for bit in 0..<8 {
        var damaged = data
        damaged[index] ^= 1 << bit
        #expect(survives(damaged), "byte \(index), bit \(bit)")
      }
    }
  }

  @Test(arguments: 0..<64 as Range<UInt64>)
  func `a model with many damaged bytes is refused or read`(seed: UInt64) throws {
    var state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 1
    func next() -> UInt64 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return state
    }
    var data = try Self.sample().data
    for _ in 0..<8 {
      data[data.startIndex + Int(next() % UInt64(data.count))] = UInt8(truncatingIfNeeded: next())
    }
    #expect(survives(data))
  }

  @Test(arguments: [
    Data(), Data([0]), Data("not a model".utf8), Data(repeating: 0xff, count: 100),
    Data(repeating: 0x0b, count: 1000),
    // A field of the graph that claims 2⁶² bytes.
    Data([0x3a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40]),
    // A varint that does not end.
    Data([0x08] + [UInt8](repeating: 0x80, count: 20)),
  ])
  func `bytes that are no model are refused`(data: Data) throws {
    let error = #expect(throws: Diagnostic.self) { try ONNXModel(data: data) }
    #expect(error?.code == .malformedModel)
    #expect(error?.hint == "was the copy or download interrupted?")
  }

  @Test func `a depth bomb is refused`() throws {
    // graph (7) { node (1) { attribute (5) { g (6) { node … } } } }, each around the one before.
    var bytes = Data()
    for _ in 0..<4000 {
      for tag in [0x32, 0x2a, 0x0a] as [UInt8] {
        var length: [UInt8] = []
        var count = bytes.count
        repeat {
          length.append(UInt8(count & 127) | (count > 127 ? 128 : 0))
          count >>= 7
        } while count > 0
        bytes = Data([tag] + length) + bytes
      }
    }
    var length: [UInt8] = []
    var count = bytes.count
    repeat {
      length.append(UInt8(count & 127) | (count > 127 ? 128 : 0))
      count >>= 7
    } while count > 0
    let error = #expect(throws: Diagnostic.self) {
      try ONNXModel(data: Data([0x08, 0x08, 0x3a] + length) + bytes)
    }
    #expect(error?.code == .malformedModel)
  }

  @Test func `a file that cannot be read is named`() throws {
    for path in ["/nonexistent/model.onnx", "/dev/null", "/tmp"] {
      let error = #expect(throws: Diagnostic.self) { try ONNXModel(contentsOf: path) }
      #expect(error?.code == .unreadableFile)
      #expect(error?.file == path)
    }
  }

  @Test func `a truncated file is named`() throws {
    let folder = try TemporaryFolder()
    let url = folder.url.appendingPathComponent("model.onnx")
    try Self.sample().data.dropLast(40).write(to: url)
    let error = #expect(throws: Diagnostic.self) { try ONNXModel(contentsOf: url.path) }
    #expect(error?.code == .malformedModel)
    #expect(error?.file == url.path)
    #expect(error?.description.hasPrefix("error QC1002: \(url.path): ") == true)
  }

  @Test func `a long chain in reverse order is sorted`() throws {
    var model = try Self.sample()
    model.proto.graph.node = (0..<20_000).reversed().map { index in
      Onnx_NodeProto("Relu", [index == 0 ? "x" : "v\(index - 1)"], ["v\(index)"])
    }
    model.proto.graph.output[0].name = "v19999"
    #expect(try model.imported().nodes.count == 20_001)
  }
}
