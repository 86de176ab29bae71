import Diagnostics
import Foundation
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
    let fused = try check(RandomNetwork(seed: seed))
    #expect(fused.nodes.allSatisfy { $0.op.isInteger })
  }

  @Test(arguments: 0..<96 as Range<UInt64>)
  func `moves a stored value of 16 bits by at most one step`(seed: UInt64) throws {
    let fused = try check(RandomNetwork(seed: seed, hasWords: true))
    for id in fused.values where !fused.op(id).isInteger {
      // Tables are of 8 bits.
      guard case .unary = fused.op(id) else {
        Issue.record("\(fused.op(id).mnemonic) stays float")
        continue
      }
    }
  }

  private func check(_ network: RandomNetwork) throws -> Graph {
    var network = network
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
    try checkEachOp(fused, values)
    return fused
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
      // A dequantize that was moved has the name that it had before.
      guard !operands.contains(where: { fused.op($0) == .dequantize }) else { continue }
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

  /// The product of `depth` activations and weights of 127 each, with pairs around it.
  private func product(
    depth: Int, of element: ElementType, to result: ElementType
  ) throws -> Graph {
    var graph = Graph(name: "g", stage: .quantized)
    let params = try QuantParams(scale: 1, zeroPoint: 0)
    let x = graph.appendInput("x", TensorType(element, try Shape([1, depth]), params))
    let w = graph.appendConstant(
      try Tensor(.i8, try Shape([depth, 1]), [Int8](repeating: 127, count: depth)),
      quantization: params)
    let product = try graph.append(
      .matMul, [try graph.append(.dequantize, [x]), try graph.append(.dequantize, [w])],
      source: "fc")
    graph.appendOutput("y", try graph.append(.quantize(Quantize(result, params)), [product]))
    return graph
  }

  @Test func `a sum that may overflow is refused`() throws {
    var graph = try product(depth: 70000, of: .u8, to: .u8)
    let error = #expect(throws: Diagnostic.self) { try foldQDQ.run(&graph) }
    #expect(error?.code == .accumulatorOverflow)
    #expect(error?.hint?.contains("--keep-float 'fc'") == true)
  }

  @Test(arguments: [(ElementType.u8, 600, false), (.i16, 600, true), (.i16, 500, false)])
  func `sums of 16-bit activations are proven from their bounds`(
    element: ElementType, depth: Int, overflows: Bool
  ) throws {
    var graph = try product(depth: depth, of: element, to: .i16)
    graph.stage = .fused
    guard overflows else {
      try foldQDQ.run(&graph)
      #expect(graph.nodes.contains { $0.op.mnemonic == "q.matmul" })
      return
    }
    let error = #expect(throws: Diagnostic.self) { try foldQDQ.run(&graph) }
    #expect(error?.code == .accumulatorOverflow)
    #expect(error?.location == "fc")
    #expect(error?.hint?.contains("8-bit activations") == true)
  }

  @Test(
    arguments: ["u8<0.03, zp=100>", "i8<0.03, zp=-5>", "i16<0.0003>"],
    [
      "relu", "clip {lower = -0.51, upper = 0.77}", "clip {upper = -0.2}",
      "clip {lower = 0.4, upper = 0.1}", "clip {lower = -1e30, upper = 1e30}",
    ])
  func `a clamp behind a pair of its own is the clamp of the op before`(
    type: String, clamp: String
  ) throws {
    let parts = clamp.split(separator: " ", maxSplits: 1).map(String.init)
    let attributes = parts.count > 1 ? " \(parts[1])" : ""
    var random = SplitMix(state: 11)
    let weights = (0..<15).map { _ in "\(random.below(255) - 127)" }.joined(separator: ", ")
    let graph = try Graph(
      parsing: """
        graph "g" fused
        %0 = input "x" : 7x3xi16<0.0001>
        %1 = constant [\(weights)] : 3x5xi8<0.01>
        %2 = q.matmul(%0, %1) {bias = false, residual = false, upper = 0.9, as = \(type)} : 7x5x\(type)
        %3 = dequantize(%2) : 7x5xf32
        %4 = \(parts[0])(%3)\(attributes) : 7x5xf32
        %5 = quantize(%4) {as = \(type)} : 7x5x\(type)
        output "y" = %5
        """)
    var folded = graph
    try foldQDQ.run(&folded)
    try folded.compact()
    #expect(folded.nodes.map(\.op.mnemonic) == ["input", "constant", "q.matmul"])
    for _ in 0..<20 {
      let words = (0..<21).map { _ in Int16(truncatingIfNeeded: random.next()) }
      let x = try Tensor(.i16, try Shape([7, 3]), words)
      #expect(try Interpreter(folded).run([x]) == Interpreter(graph).run([x]))
    }
  }

  @Test func `a dequantized constant that becomes a float constant is accounted for`() throws {
    let quantized = try Graph(
      parsing: """
        graph "g" quantized
        %0 = input "x" : 1x2xf32
        %1 = constant [1, 2, 3, 4] "w" : 2x2xi8<axis=1, [0.5, 0.25]>
        %2 = dequantize(%1) "w/d" : 2x2xf32
        %3 = matmul(%0, %2) "m" @"fc" : 1x2xf32
        output "y" = %3
        """)
    var fused = quantized
    for pass in fusionPasses { try pass.run(&fused) }
    #expect(fused.nodes.map(\.op.mnemonic) == ["input", "constant", "matmul"])
    let entry = try #require(QDQAccounting(quantized: quantized, fused: fused).entries.first)
    #expect(entry.kernel == "constant 'w/d'")
  }

  @Test func `constants of every storage type are dequantized as the interpreter does it`() throws {
    var random = SplitMix(state: 3)
    for element in [ElementType.i8, .u8, .i16, .u16, .i32, .i4, .u4, .f8e4m3, .f8e5m2] {
      for granularity in [
        QuantParams.Granularity.perTensor, .perChannel(axis: 1), .perGroup(axis: 1, groupSize: 2),
      ] {
        var graph = Graph(name: "g", stage: .fused)
        let count =
          granularity == .perTensor ? 1 : granularity == .perChannel(axis: 1) ? 3 : 2 * 2 * 4
        let zero: Int32 = element.isFloat ? 0 : 3
        let params = try QuantParams(
          granularity, scales: (0..<count).map { _ in random.number(in: 0.01...2) },
          zeroPoints: [Int32](repeating: zero, count: count))
        let shape = try Shape([2, 3, 4])
        // No exponent of all ones in the 8-bit floats, which would be NaN.
        let bytes = (0..<element.byteCount(of: 24)).map { _ in UInt8(random.below(256)) & 0xbb }
        let constant = graph.appendConstant(
          try Tensor(element, shape, bytes: Data(bytes)), quantization: params)
        graph.appendOutput("y", try graph.append(.dequantize, [constant]))
        let expected = try Interpreter(graph).run([])
        try dequantizeConstants.run(&graph)
        try graph.compact()
        #expect(graph.nodes.map(\.op.mnemonic) == ["constant"])
        #expect(try Interpreter(graph).run([]) == expected, "\(element) \(granularity)")
      }
    }
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
