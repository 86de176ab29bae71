import GraphIR
import Interpreter
import Quantization
import Tensors
import TestSupport
import Testing

@Suite("models with quantized weights alone")
struct WeightOnlyTests {
  private static let text = """
    graph "weights alone" imported
    %0 = input "x" : 1x2x3x3xf32
    %1 = constant [1, -2, 3, 4, -5, 6] "w" : 3x2x1x1xi8<axis=0, [0.5, 0.25, 0.125]>
    %2 = dequantize(%1) : 3x2x1x1xf32
    %3 = constant [0.5, -0.25, 0.125] "b" : 3xf32
    %4 = conv(%0, %2, %3) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} "c" @"conv" : 1x3x3x3xf32
    %5 = relu(%4) "r" @"relu" : 1x3x3x3xf32
    %6 = constant [1, 2, 3, 4, 5, 6, -7, -8, -9, 10, 11, 12] "v" : 3x4xi8<axis=1, [0.5, 0.25, 0.125, 1.0]>
    %7 = dequantize(%6) : 3x4xf32
    %8 = matmul(%5, %7) "m" @"fc" : 1x3x3x4xf32
    %9 = constant [1, 2, 3, 4, 5, 6, 7, -8, -1, -2, -3, -4] "g" : 4x3xi4<axis=0, group=2, [0.5, 0.25, 0.125, 1.0, 2.0, 4.0]>
    %10 = dequantize(%9) : 4x3xf32
    %11 = matmul(%8, %10) "n" @"fc4" : 1x3x3x3xf32
    output "y" = %11

    """

  @Test(arguments: [Recipe.Precision.int8, .float32])
  func `are built and give the bits of the float graph`(precision: Recipe.Precision) throws {
    let graph = try Graph(parsing: Self.text)
    var random = SeededGenerator(seed: 5)
    let input = try Tensor.floats(
      (0..<18).map { _ in Float.random(in: -2...2, using: &random) }, [1, 2, 3, 3])
    let expected = try Interpreter(graph).run([input])
    var recipe = Recipe()
    recipe.precision = precision
    let compiled = try CompiledGraph(graph, samples: [input], recipe: recipe)
    #expect(!compiled.fused.nodes.contains { $0.op.mnemonic == "dequantize" })
    #expect(try Interpreter(compiled.fused).run([input]) == expected)
    for variant in CompiledGraph.variantNames {
      #expect(try compiled.run(input, variant: variant, threads: 2) == expected, "\(variant)")
    }
  }
}
