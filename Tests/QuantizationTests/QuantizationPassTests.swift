import Diagnostics
import GraphIR
import Interpreter
import Quantization
import Tensors
import Testing

@Suite("quantization passes")
struct QuantizationPassTests {
  static let text = """
    graph "g" canonical
    %0 = input "x" : 1x2xf32
    %1 = constant [1.0, 2.0, 3.0, 4.0] "w" : 2x2xf32
    %2 = matmul(%0, %1) "m" @"fc1" : 1x2xf32
    %3 = relu(%2) "r" : 1x2xf32
    %4 = matmul(%3, %1) "y" @"fc2" : 1x2xf32
    output "y" = %4
    """
  static let ranges: [String: ClosedRange<Float>] = [
    "x": -1...1, "r": 0...4, "y": -10...30,
  ]

  private func quantized(
    _ text: String = text, recipe: Recipe = Recipe(),
    ranges: [String: ClosedRange<Float>] = ranges
  ) throws -> Graph {
    var graph = try Graph(parsing: text)
    for pass in quantizationPasses(recipe: recipe, ranges: { ranges[$0] }) {
      try pass.run(&graph)
      try graph.verify()
    }
    return graph
  }

  private func mnemonics(_ graph: Graph) -> [String] { graph.nodes.map(\.op.mnemonic) }

  @Test(arguments: [Recipe.Interface.uint8, .int8])
  func `an integer interface has integer inputs and outputs`(interface: Recipe.Interface) throws {
    var recipe = Recipe()
    recipe.interface = interface
    let graph = try quantized(recipe: recipe)
    #expect(graph.type(of: graph.inputs[0]).element == interface.element)
    #expect(graph.type(of: graph.outputs[0].value).element == interface.element)
    #expect(graph.quantization(of: graph.inputs[0])?.scale == Float(2) / 255)
  }

  @Test func `an integer interface computes what the float one does`() throws {
    var recipe = Recipe()
    recipe.interface = .int8
    let (float, int8) = (try quantized(), try quantized(recipe: recipe))
    let x = try Tensor.floats([0.25, -0.75], [1, 2])
    let input = int8.type(of: int8.inputs[0])
    let params = try #require(input.quantization)
    let integers = try Interpreter.evaluate(
      .quantize(Quantize(.i8, params)), operands: [x], type: input)
    let expected = try Interpreter(float).run([x])[0]
    let actual = try Interpreter(int8).run([integers])[0]
    let output = int8.type(of: int8.outputs[0].value)
    let scale = try #require(output.quantization)
    let rounded = try Interpreter.evaluate(
      .quantize(Quantize(.i8, scale)), operands: [expected], type: output)
    #expect(actual == rounded)
  }

  @Test func `a value without a range is named`() throws {
    let error = #expect(throws: Diagnostic.self) { try quantized(ranges: ["x": -1...1]) }
    #expect(error?.code == .missingCalibration)
    #expect(error?.location?.contains("'r'") == true)
  }

  @Test func `ops that the recipe keeps stay float`() throws {
    var recipe = Recipe()
    recipe.keepFloat = ["fc1"]
    let graph = try quantized(recipe: recipe)
    #expect(
      mnemonics(graph) == [
        "input", "constant", "matmul", "relu", "quantize", "dequantize", "constant", "dequantize",
        "matmul",
      ])
    recipe.keepFloat = []
    recipe.ops = ["matmul": .float32]
    #expect(!mnemonics(try quantized(recipe: recipe)).contains("quantize"))
    recipe.ops = [:]
    recipe.precision = .float32
    #expect(!mnemonics(try quantized(recipe: recipe)).contains("quantize"))
  }

  @Test func `an embedding table stays float where the recipe says so`() throws {
    let numbers = (0..<32).map { "\(Float($0))" }.joined(separator: ", ")
    let text = """
      graph "g" canonical
      %0 = input "ids" : 1x3xi64
      %1 = constant [\(numbers)] "table" : 2x16xf32
      %2 = gather(%1, %0) {axis = 0} "rows" @"lookup" : 1x3x16xf32
      output "rows" = %2
      """
    let rows = ["input", "constant", "dequantize", "gather"]
    #expect(mnemonics(try quantized(text)) == rows)
    var byName = Recipe()
    byName.keepFloat = ["lookup"]
    var byOp = Recipe()
    byOp.ops = ["gather": .float32]
    for recipe in [byName, byOp] {
      #expect(mnemonics(try quantized(text, recipe: recipe)) == ["input", "constant", "gather"])
    }
  }

  @Test func `products of activations are quantized when the recipe asks`() throws {
    let text = """
      graph "g" canonical
      %0 = input "a" : 1x2x2xf32
      %1 = input "b" : 1x2x2xf32
      %2 = matmul(%0, %1) "y" @"scores" : 1x2x2xf32
      output "y" = %2
      """
    let ranges: [String: ClosedRange<Float>] = ["a": -1...3, "b": -2...1]
    #expect(!mnemonics(try quantized(text, ranges: ranges)).contains("quantize"))
    var recipe = Recipe()
    recipe.quantizesActivationProducts = true
    let graph = try quantized(text, recipe: recipe, ranges: ranges)
    let types = graph.nodes.filter { $0.op.mnemonic == "quantize" }.map(\.type)
    #expect(types.map(\.element) == [.u8, .i8])
    #expect(types.map { $0.quantization?.zeroPoint } == [64, 0])
  }

  @Test(arguments: [0...0, 0...0x1p-149, 3...3, -1e29...(-1e29)] as [ClosedRange<Float>])
  func `a constant tensor gets a valid scale`(range: ClosedRange<Float>) throws {
    let graph = try quantized(ranges: ["x": range, "r": range])
    for node in graph.nodes {
      for scale in node.type.quantization?.scales ?? [] {
        #expect(QuantParams.scaleBounds.contains(scale))
      }
    }
  }

  @Test func `a range that is not finite is refused`() throws {
    let error = #expect(throws: Diagnostic.self) {
      try quantized(ranges: ["x": -1...Float.infinity, "r": 0...1])
    }
    #expect(error?.code == .invalidQuantization)
    #expect(error?.location?.contains("'x'") == true)
  }

  @Test func `a bias beyond int32 enlarges the weight scale of its channel`() throws {
    let text = """
      graph "g" canonical
      %0 = input "x" : 1x2xf32
      %1 = constant [1.0, 2.0, 3.0, 4.0] "w" : 2x2xf32
      %2 = matmul(%0, %1) @"fc" : 1x2xf32
      %3 = constant [1.0, 1000000.0] : 2xf32
      %4 = add(%2, %3) "y" : 1x2xf32
      output "y" = %4
      """
    let graph = try quantized(text, ranges: ["x": -0.0001...0.0001])
    let bias = try #require(
      graph.nodes.first { $0.type.element == .i32 }.flatMap { node in
        if case .constant(let tensor) = node.op { tensor.integers } else { nil }
      })
    #expect(bias.allSatisfy { $0.magnitude <= 1 << 30 })
  }
}
