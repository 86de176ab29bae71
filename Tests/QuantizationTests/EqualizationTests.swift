import Diagnostics
import GraphIR
import Interpreter
import Quantization
import Tensors
import Testing

@Suite("equalization")
struct EqualizationTests {
  /// A channel a hundredth of the other's size, up to a depthwise convolution and one over both channels.
  private static let text = """
    graph "g" canonical
    %0 = input "x" : 1x1x8x8xf32
    %1 = constant [1.3, 0.011] : 2x1x1x1xf32
    %2 = constant [0.1, -0.002] : 2xf32
    %3 = conv(%0, %1, %2) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} "c" @"front" : 1x2x8x8xf32
    %4 = leaky_relu(%3) {alpha = 0.1} "r" @"leaky" : 1x2x8x8xf32
    %5 = max_pool(%4) {kernel = [2, 2], strides = [2, 2], pads = [0, 0, 0, 0], dilations = [1, 1], ceil = false, count_includes_pad = false} "p" @"pool" : 1x2x4x4xf32
    %6 = constant [0.5, -30.0] : 2x1x1x1xf32
    %7 = conv(%5, %6) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 2} "d" @"depthwise" : 1x2x4x4xf32
    %8 = constant [1.0, 60.0, 2.0, -90.0] : 2x2x1x1xf32
    %9 = conv(%5, %8) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} "e" @"dense" : 1x2x4x4xf32
    output "d" = %7
    output "e" = %9
    """
  private static let range: ClosedRange<Float> = -0.7...7
  private static let seen = ChannelRanges(
    minima: [-0.64, -0.0058], maxima: [6.6, 0.053], means: [2, 0.02])

  private func pixels() throws -> Tensor {
    try Tensor.floats((0..<64).map { Float(($0 * 37) % 101) / 9 - 5 }, [1, 1, 8, 8])
  }

  private func equalized(
    _ text: String = text, _ recipe: Recipe = Recipe()
  ) throws -> (graph: Graph, exponents: [ValueID: [Int]]) {
    var graph = try Graph(parsing: text)
    let exponents = try graph.equalizeChannels(
      recipe: recipe, ranges: { _ in EqualizationTests.range },
      channels: { _ in EqualizationTests.seen })
    try graph.compact()
    try graph.verify()
    return (graph, exponents)
  }

  @Test func `a small channel grows up to the range, and no bit of the float model moves`() throws {
    let (graph, exponents) = try equalized()
    #expect(exponents == [ValueID(4): [0, 6], ValueID(5): [0, 6]])
    let expected = try Interpreter(Graph(parsing: EqualizationTests.text)).run([pixels()])
    for (output, wanted) in zip(try Interpreter(graph).run([pixels()]), expected) {
      #expect(output.floats == wanted.floats)
    }
  }

  @Test func `equalized channels make the products behind more exact`() throws {
    let float = try Graph(parsing: EqualizationTests.text)
    let expected = try Interpreter(float).run([pixels()])
    let errors = try [true, false].map { isSmoothed in
      var recipe = Recipe()
      recipe.smoothsActivations = isSmoothed
      var graph = float
      let passes = quantizationPasses(
        recipe: recipe,
        ranges: { ["x": -6...7, "d": -2...4, "e": -5...12][$0] ?? EqualizationTests.range },
        channels: { ["r", "p"].contains($0) ? EqualizationTests.seen : nil })
      for pass in passes { try pass.run(&graph) }
      var error: Float = 0
      for (output, wanted) in zip(try Interpreter(graph).run([pixels()]), expected) {
        for (a, b) in zip(output.floats, wanted.floats) { error += (a - b) * (a - b) }
      }
      return error
    }
    #expect(errors[0] < errors[1] * 0.6, "\(errors)")
  }

  @Test(arguments: [
    (#"output "d" = %7"#, #"output "p" = %5"#),
    (#"leaky_relu(%3) {alpha = 0.1} "r" @"leaky""#, #"sigmoid(%3) "r" @"sigmoid""#),
  ])
  func `nothing is scaled that something else reads`(old: String, new: String) throws {
    #expect(EqualizationTests.text.contains(old))
    let (graph, exponents) = try equalized(EqualizationTests.text.replacing(old, with: new))
    #expect(exponents.isEmpty)
    var unchanged = try Graph(parsing: EqualizationTests.text.replacing(old, with: new))
    try unchanged.compact()
    #expect(graph == unchanged)
  }

  @Test func `a recipe without smoothing, and a layer that stays float, keep their channels`()
    throws
  {
    var plain = Recipe()
    plain.smoothsActivations = false
    #expect(try equalized(EqualizationTests.text, plain).exponents.isEmpty)
    var kept = Recipe()
    kept.keepFloat = ["dense"]
    #expect(try equalized(EqualizationTests.text, kept).exponents.isEmpty)
  }
}
