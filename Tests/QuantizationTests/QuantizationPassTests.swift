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

  /// A norm with one channel far larger than the others, read by a product and by a sum.
  private static let smoothable = """
    graph "g" canonical
    %0 = input "x" : 1x64x4xf32
    %1 = constant [1.0, 0.7, 1.3, 9.0] "scale" : 4xf32
    %2 = constant [0.1, 0.0, 0.5, -3.0] "bias" : 4xf32
    %3 = layer_norm(%0, %1, %2) {axis = 2, epsilon = 0.00001} "n" @"norm" : 1x64x4xf32
    %4 = constant [1.0, 2.1, -1.3, 0.5, 1.7, 1.1, 0.3, -0.2] "w" : 4x2xf32
    %5 = matmul(%3, %4) "y" @"fc" : 1x64x2xf32
    %6 = add(%3, %0) "z" : 1x64x4xf32
    output "y" = %5
    output "z" = %6
    """
  private static let channels = ChannelRanges(
    minima: [-1.7, -1.3, -1.8, -18.7], maxima: [1.9, 1.3, 2.8, 12.7], means: [0, 0, 0, 0])

  private func passes(_ recipe: Recipe = Recipe()) -> [Pass] {
    quantizationPasses(
      recipe: recipe, ranges: { $0 == "n" ? -18.7...12.7 : nil },
      channels: { $0 == "n" ? QuantizationPassTests.channels : nil })
  }

  @Test(arguments: [false, true])
  func `smoothing does not move a bit of the float model`(isUsedElsewhere: Bool) throws {
    var graph = try Graph(parsing: QuantizationPassTests.smoothable)
    if !isUsedElsewhere { graph.setOutput(1, to: ValueID(5)) }
    let x = try Tensor.floats(
      (0..<256).map { Float(($0 * 37) % 101) / 10 - 5 }, [1, 64, 4])
    let expected = try Interpreter(graph).run([x])
    for pass in passes() where ["smooth-activations", "fold-smoothing"].contains(pass.name) {
      try pass.run(&graph)
      try graph.verify()
    }
    #expect(graph.nodes.contains { $0.op == .binary(.mul) } == isUsedElsewhere)
    #expect(graph.nodes.contains { $0.name == "n/smoothed" })
    for (output, wanted) in zip(try Interpreter(graph).run([x]), expected) {
      #expect(output.floats == wanted.floats)
    }
  }

  @Test func `smoothed channels make a product of a norm more exact`() throws {
    let x = try Tensor.floats(
      (0..<256).map { Float(($0 * 37) % 101) / 10 - 5 }, [1, 64, 4])
    let float = try Graph(parsing: QuantizationPassTests.smoothable)
    let expected = try Interpreter(float).run([x])[0].floats
    var plain = Recipe()
    plain.smoothsActivations = false
    let errors = try [Recipe(), plain].map { recipe in
      var graph = float
      for pass in passes(recipe) { try pass.run(&graph) }
      let y = try Interpreter(graph).run([x])[0].floats
      return zip(y, expected).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
    #expect(errors[0] < errors[1] / 2, "\(errors)")
  }
}
