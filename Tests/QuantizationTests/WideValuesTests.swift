import GraphIR
import QuantMath
import Quantization
import Tensors
import Testing

@Suite("16-bit activations")
struct WideValuesTests {
  /// Three products one after the other; the last one's result is the output.
  private static func text(weight: String = "[1.0, 2.0, 3.0, 4.0]") -> String {
    """
    graph "g" canonical
    %0 = input "x" : 8x2xf32
    %1 = constant \(weight) "w" : 2x2xf32
    %2 = matmul(%0, %1) "m" @"fc1" : 8x2xf32
    %3 = relu(%2) "r" : 8x2xf32
    %4 = matmul(%3, %1) "h" @"fc2" : 8x2xf32
    %5 = sigmoid(%4) "s" : 8x2xf32
    %6 = matmul(%5, %1) "y" @"fc3" : 8x2xf32
    output "y" = %6
    """
  }

  private static let ranges: [String: ClosedRange<Float>] = [
    "x": -1...1, "r": 0...4, "h": -10...30, "s": 0...1, "y": -10...30,
  ]

  /// The stored types by name, where rounding a value to 8 bits costs `errors` at the outputs.
  private func types(
    _ activations: Recipe.Activations, errors: [String: Double], text: String = text()
  ) throws -> [String: ElementType] {
    var recipe = Recipe()
    recipe.activations = activations
    var graph = try Graph(parsing: text)
    let ranges = Self.ranges
    let passes = quantizationPasses(
      recipe: recipe, ranges: { ranges[$0] },
      sensitivities: { name in
        guard let range = ranges[name] else { return nil }
        return Sensitivity(gain: errors[name], extremes: range) { _, bounds in
          bounds.upperBound == 255 ? 1 : 1 / 65536
        }
      })
    for pass in passes {
      try pass.run(&graph)
      try graph.verify()
    }
    var result: [String: ElementType] = [:]
    for id in graph.values {
      guard case .quantize(let quantize) = graph.op(id) else { continue }
      result[graph[graph.operand(0, of: id)].name] = quantize.element
      if quantize.element == .i16 {
        #expect(quantize.params.isSymmetric)
        let range = try #require(ranges[graph[graph.operand(0, of: id)].name])
        let largest = max(-range.lowerBound, range.upperBound)
        #expect(quantize.params.scale == 2 * largest / 32767)
      }
    }
    return result
  }

  @Test func `a value that costs much has 16 bits, the others 8`() throws {
    let types = try types(.mixed, errors: ["x": 0.0001, "r": 0.5, "s": 0.0001])
    #expect(types == ["x": .u8, "r": .i16, "h": .u8, "s": .u8])
  }

  @Test func `no time is spent while the outputs are good enough`() throws {
    let types = try types(.mixed, errors: ["x": 0.0009, "r": 0.0019])
    #expect(Set(types.values) == [.u8])
  }

  @Test func `no time is spent on what it buys too little of`() throws {
    let types = try types(.mixed, errors: ["x": 0.002, "r": 0.0015])
    #expect(types["x"] == .u8)
    #expect(types["r"] == .u8)
  }

  @Test func `values that were not measured have 8 bits`() throws {
    #expect(Set(try types(.mixed, errors: [:]).values) == [.u8])
  }

  @Test func `int16 takes all but what a table reads, int8 none`() throws {
    let wide = try types(.int16, errors: [:])
    #expect(wide["x"] == .i16)
    #expect(wide["r"] == .i16)
    #expect(wide["h"] == .u8, "the operand of a table")
    #expect(wide["s"] == .u8, "the result of a table")
    #expect(Set(try types(.int8, errors: ["r": 1]).values) == [.u8])
  }

  @Test func `sums that int32 may not hold keep 8 bits`() throws {
    let depth = 600
    let weights = [String](repeating: "1.0", count: depth).joined(separator: ", ")
    let text = """
      graph "g" canonical
      %0 = input "x" : 2x\(depth)xf32
      %1 = constant [\(weights)] "w" : \(depth)x1xf32
      %2 = matmul(%0, %1) "y" @"fc" : 2x1xf32
      output "y" = %2
      """
    #expect(try types(.int16, errors: ["x": 1], text: text) == ["x": .u8])
  }
}
