import Diagnostics
import Fusion
import GraphIR
import Interpreter
import Tensors
import Testing

@Suite("fusion")
struct FusionTests {
  /// Every fused op is fed what the quantized graph has at its place, so that steps do not add up.
  @Test(arguments: 0..<96 as Range<UInt64>)
  func `moves a stored value by at most one step`(seed: UInt64) throws {
    var network = try RandomNetwork(seed: seed)
    let input = try network.input()
    let quantized = network.graph
    var values: [String: Tensor] = [:]
    var named = quantized
    for id in named.values where named[id].name.isEmpty && named.constant(id) == nil {
      named.setName("v\(id.index)", of: id)
    }
    _ = try Interpreter(named).run([input]) { values[named[$0].name] = $1 }
    var fused = named
    for pass in fusionPasses {
      try pass.run(&fused)
      try fused.verify()
    }
    let accounting = QDQAccounting(quantized: named, fused: fused)
    #expect(accounting.entries.allSatisfy { $0.kernel != nil || $0.reason != "nothing reads it" })
    #expect(fused.nodes.allSatisfy { $0.op.isInteger })
    try checkEachOp(fused, values)
  }

  /// Runs each op alone, on the integers that the quantized graph stored.
  private func checkEachOp(_ fused: Graph, _ reals: [String: Tensor]) throws {
    var stored: [ValueID: Tensor] = [:]
    for id in fused.values {
      let node = fused[id]
      let expected = try storedTensor(of: id, in: fused, reals)
      guard let expected else { continue }
      stored[id] = expected
      let operands = fused.operands(of: id)
      let tensors = operands.compactMap { fused.constant($0) ?? stored[$0] }
      guard node.op != .input, tensors.count == operands.count else { continue }
      let actual = try Interpreter.evaluate(
        node.op, operands: tensors, operandTypes: operands.map { fused.type(of: $0) },
        type: node.type)
      guard let a = actual.integers, let b = expected.integers else { continue }
      for (x, y) in zip(a, b) {
        #expect(abs(x - y) <= 1, "\(node.op.mnemonic) made \(x), not \(y)")
      }
    }
  }

  /// What the quantized graph stores for a value of the fused one: its real value, quantized.
  private func storedTensor(
    of id: ValueID, in fused: Graph, _ reals: [String: Tensor]
  ) throws -> Tensor? {
    guard let tensor = reals[fused[id].name] else { return nil }
    let type = fused.type(of: id)
    guard tensor.element == .f32, let params = type.quantization else { return tensor }
    return try Interpreter.evaluate(
      .quantize(Quantize(type.element, params)), operands: [tensor], type: type)
  }

  @Test func `weights with zero points are refused`() throws {
    var graph = try Graph(
      parsing: """
        graph "g" quantized
        %0 = input "x" : 1x2xu8<0.5>
        %1 = dequantize(%0) : 1x2xf32
        %2 = constant [1, 2, 3, 4] : 2x2xu8<0.1, zp=3>
        %3 = dequantize(%2) : 2x2xf32
        %4 = matmul(%1, %3) @"fc" : 1x2xf32
        %5 = quantize(%4) {as = u8<0.5>} : 1x2xu8<0.5>
        output "y" = %5
        """)
    let error = #expect(throws: Diagnostic.self) { try foldQDQ.run(&graph) }
    #expect(error?.code == .asymmetricWeights)
    #expect(error?.location == "fc")
  }

  @Test func `a sum that may overflow is refused`() throws {
    let depth = 70000
    var graph = Graph(name: "g", stage: .quantized)
    let params = try QuantParams(scale: 1, zeroPoint: 0)
    let x = graph.appendInput("x", TensorType(.u8, try Shape([1, depth]), params))
    let w = graph.appendConstant(
      try Tensor(.i8, try Shape([depth, 1]), [Int8](repeating: 127, count: depth)),
      quantization: params)
    let product = try graph.append(
      .matMul, [try graph.append(.dequantize, [x]), try graph.append(.dequantize, [w])],
      source: "fc")
    graph.appendOutput("y", try graph.append(.quantize(Quantize(.u8, params)), [product]))
    let error = #expect(throws: Diagnostic.self) { try foldQDQ.run(&graph) }
    #expect(error?.code == .accumulatorOverflow)
    #expect(error?.hint?.contains("--keep-float 'fc'") == true)
  }
}

extension Op {
  /// Not a float op, nor one half of a pair but at the borders.
  fileprivate var isInteger: Bool {
    switch self {
    case .conv, .matMul, .unary, .binary: false
    default: true
    }
  }
}
