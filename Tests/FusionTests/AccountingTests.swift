import Diagnostics
import Fusion
import GraphIR
import Testing

@Suite("accounting of pairs")
struct AccountingTests {
  static let text = """
    graph "g" quantized
    %0 = input "x" : 1x2xf32
    %1 = quantize(%0) {as = u8<0.5>} "x/q" : 1x2xu8<0.5>
    %2 = dequantize(%1) "x/d" : 1x2xf32
    %3 = constant [1, 2, 3, 4] : 2x2xi8<0.1>
    %4 = dequantize(%3) "w/d" : 2x2xf32
    %5 = matmul(%2, %4) "m" @"fc" : 1x2xf32
    %6 = quantize(%5) {as = u8<0.5>} "m/q" : 1x2xu8<0.5>
    %7 = dequantize(%6) "m/d" : 1x2xf32
    %8 = softmax(%7) {axis = 1} "y" : 1x2xf32
    output "y" = %8
    """

  @Test func `every pair has a kernel or a reason`() throws {
    let quantized = try Graph(parsing: Self.text)
    var fused = quantized
    for pass in fusionPasses { try pass.run(&fused) }
    let entries = QDQAccounting(quantized: quantized, fused: fused).entries
    #expect(entries.map(\.name) == ["x/q", "x/d", "w/d", "m/q", "m/d"])
    #expect(
      entries.map { $0.kernel ?? $0.reason } == [
        "the model's input is float", "q.matmul 'm'", "q.matmul 'm'", "q.matmul 'm'",
        "it is read by softmax 'y', which is float",
      ])
  }

  @Test func `the first half of a chain of movements is accounted for`() throws {
    let text = Self.text.replacing(
      "%8 = softmax(%7) {axis = 1} \"y\" : 1x2xf32",
      with: """
        %9 = reshape(%7) {shape = [2]} "r" : 2xf32
        %10 = quantize(%9) {as = u8<0.5>} "r/q" : 2xu8<0.5>
        %8 = dequantize(%10) "r/d" : 2xf32
        """)
    let quantized = try Graph(parsing: text)
    var fused = quantized
    for pass in fusionPasses { try pass.run(&fused) }
    let entries = QDQAccounting(quantized: quantized, fused: fused).entries
    #expect(
      entries.suffix(3).map { $0.kernel ?? $0.reason } == [
        "reshape 'r'", "reshape 'r'", "the model's output is float",
      ])
  }
}
