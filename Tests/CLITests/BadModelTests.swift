import Diagnostics
import Foundation
import Testing

@Suite("models that are refused")
struct BadModelTests {
  private static let relu = ONNXBytes.Node(op: "Relu", inputs: ["x"], outputs: ["y"])

  /// `build` of the bytes as `broken.onnx`, in float, so that nothing but the model can be wrong.
  private func refuse(
    _ bytes: Data, _ code: DiagnosticCode, _ mentions: String...,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let folder = try WorkFolder()
    try folder.write("broken.onnx", bytes)
    try folder.refuse(
      ["build", "broken.onnx", "--precision", "float32", "--target", "portable"], code,
      mentions: ["broken.onnx"] + mentions, sourceLocation: sourceLocation)
  }

  @Test func `the encoder of these tests makes sound models`() throws {
    let folder = try WorkFolder()
    try folder.write("sound.onnx", ONNXBytes(nodes: [BadModelTests.relu]).data)
    let outcome = try folder.succeed(
      "build", "sound.onnx", "--precision", "float32", "--stop-after", "remove-dead-ops")
    #expect(outcome.text.contains("relu"))
  }

  @Test func `a file that is not there`() throws {
    let folder = try WorkFolder()
    try folder.refuse(
      ["build", "absent.onnx"], .unreadableFile, mentions: ["absent.onnx", "hint"])
  }

  @Test func `an empty and a foreign file`() throws {
    try refuse(Data(), .malformedModel)
    try refuse(Data("PK\u{3}\u{4} not a model".utf8), .malformedModel)
  }

  @Test(arguments: [1, 10, 100, 1000, 5000, 20_000])
  func `truncated`(count: Int) throws {
    let folder = try WorkFolder()
    try refuse(try folder.contents("model.onnx").prefix(count), .malformedModel)
  }

  /// A flipped bit may leave a sound model with another weight or name; it never crashes.
  @Test(arguments: 0..<12)
  func `with flipped bits`(seed: Int) throws {
    let folder = try WorkFolder()
    try folder.edit("model.onnx") { data in
      for step in 1...4 {
        let bit = seed * 7919 + step * 104_729
        data[bit / 8 % min(data.count, 1500 << (seed % 5))] ^= 1 << UInt8(bit % 8)
      }
    }
    let outcome = try folder.quantc(
      "build", "model.onnx", "--precision", "float32", "--stop-after", "remove-dead-ops")
    #expect([0, 3, 4].contains(outcome.status), "\(outcome.messages)")
    #expect(outcome.status == 0 || outcome.messages.contains("error QC"))
  }

  @Test func `a cyclic graph`() throws {
    let nodes = [
      ONNXBytes.Node(op: "Add", inputs: ["x", "b"], outputs: ["a"], name: "first"),
      ONNXBytes.Node(op: "Relu", inputs: ["a"], outputs: ["b"], name: "second"),
      ONNXBytes.Node(op: "Relu", inputs: ["b"], outputs: ["y"], name: "third"),
    ]
    try refuse(ONNXBytes(nodes: nodes).data, .cyclicGraph)
  }

  @Test func `a value that nothing makes`() throws {
    let node = ONNXBytes.Node(op: "Add", inputs: ["x", "ghost"], outputs: ["y"], name: "sum")
    try refuse(ONNXBytes(nodes: [node]).data, .missingInput, "ghost", "sum")
  }

  @Test func `a value that is made twice`() throws {
    let nodes = [BadModelTests.relu, BadModelTests.relu]
    try refuse(ONNXBytes(nodes: nodes).data, .duplicateName, "'y'")
  }

  @Test func `shapes that do not chain`() throws {
    let weight = ONNXBytes.Constant(
      name: "w", dims: [3, 2], elements: .floats(Array(repeating: 1, count: 6)))
    let node = ONNXBytes.Node(op: "MatMul", inputs: ["x", "w"], outputs: ["y"], name: "product")
    try refuse(ONNXBytes(constants: [weight], nodes: [node]).data, .shapeMismatch, "product")
  }

  @Test func `shapes that overflow`() throws {
    let input = ONNXBytes.Value(name: "x", dims: [1 << 31, 1 << 31, 1 << 31])
    try refuse(ONNXBytes(inputs: [input], nodes: [BadModelTests.relu]).data, .shapeOverflow, "x")
  }

  @Test func `a negative extent`() throws {
    let weight = ONNXBytes.Constant(name: "w", dims: [-4], elements: .floats([1, 2, 3, 4]))
    let node = ONNXBytes.Node(op: "Add", inputs: ["x", "w"], outputs: ["y"])
    try refuse(ONNXBytes(constants: [weight], nodes: [node]).data, .shapeMismatch, "w")
  }

  @Test func `data that do not fit their shape`() throws {
    let weight = ONNXBytes.Constant(name: "w", dims: [4], elements: .floats([1, 2, 3]))
    let node = ONNXBytes.Node(op: "Add", inputs: ["x", "w"], outputs: ["y"])
    try refuse(ONNXBytes(constants: [weight], nodes: [node]).data, .malformedModel, "w")
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func `weights that are not finite`(value: Float) throws {
    let weight = ONNXBytes.Constant(name: "w", dims: [4], elements: .floats([1, value, 3, 4]))
    let node = ONNXBytes.Node(op: "MatMul", inputs: ["x", "w"], outputs: ["y"])
    try refuse(ONNXBytes(constants: [weight], nodes: [node]).data, .nonFiniteWeights, "w")
  }

  @Test func `an unknown op and an unknown domain`() throws {
    let wavelet = ONNXBytes.Node(op: "Wavelet", inputs: ["x"], outputs: ["y"], name: "w1")
    try refuse(ONNXBytes(nodes: [wavelet]).data, .unsupportedOp, "Wavelet", "w1", "17", "Conv")
    var foreign = BadModelTests.relu
    foreign.domain = "com.example"
    try refuse(ONNXBytes(nodes: [foreign]).data, .unsupportedOp, "com.example")
  }

  @Test(arguments: [6, 99]) func `an opset that is not read`(opset: Int) throws {
    try refuse(
      ONNXBytes(opset: opset, nodes: [BadModelTests.relu]).data, .unsupportedOpset, "\(opset)")
  }

  /// A model that another tool quantized, with a scale that cannot be.
  @Test(arguments: [Float(0), -0.5, .nan, .infinity])
  func `scales that cannot be`(scale: Float) throws {
    let constants = [
      ONNXBytes.Constant(name: "s", dims: [], elements: .floats([scale])),
      ONNXBytes.Constant(name: "z", dims: [], elements: .uint8s([0])),
    ]
    let nodes = [
      ONNXBytes.Node(op: "QuantizeLinear", inputs: ["x", "s", "z"], outputs: ["q"]),
      ONNXBytes.Node(op: "DequantizeLinear", inputs: ["q", "s", "z"], outputs: ["y"]),
    ]
    let folder = try WorkFolder()
    try folder.write("broken.onnx", ONNXBytes(constants: constants, nodes: nodes).data)
    try folder.refuse(
      ["build", "broken.onnx", "--target", "portable"],
      .invalidQuantization, mentions: ["broken.onnx", "scale"])
  }
}
