import GraphIR
import KernelIR
import Testing

@testable import Scheduling

@Suite("steps that a normalization takes in")
struct NormFusionTests {
  private func symbols(_ end: String) throws -> [String] {
    try Scheduler.schedule(graph(end)).kernels.map(\.symbol)
  }

  private func graph(_ end: String) throws -> Graph {
    let start = """
      graph "norm" fused
      %0 = input "x" : 2x3x4xf32
      %1 = input "more" : 2x3x4xf32
      %2 = constant [1.0, 1.0, 1.0, 8.0] : 4xf32
      %3 = constant [2.0, 1.0, 1.0, 0.25] : 4xf32
      %4 = add(%0, %1) "sum" : 2x3x4xf32
      %5 = rms_norm(%4, %2) {axis = 2, epsilon = 1e-05} "n" : 2x3x4xf32

      """
    return try Graph(parsing: start + end)
  }

  @Test func `a quantization that a norm stores is found by name, another is not`() throws {
    let graph = try graph(
      """
      %6 = quantize(%5) {as = u8<0.5, zp=128>} "q" : 2x3x4xu8<0.5, zp=128>
      %7 = quantize(%1) {as = u8<0.5>} "p" : 2x3x4xu8<0.5>
      output "q" = %6
      output "p" = %7

      """)
    #expect(Scheduler.quantizersInNorms(graph) == ["q": "rms_norm 'n'"])
  }

  @Test func `the sum before it, factors of its columns and the quantization behind them`() throws {
    let symbols = try symbols(
      """
      %6 = mul(%5, %3) "smoothed" : 2x3x4xf32
      %7 = quantize(%6) {as = u8<0.5, zp=128>} "q" : 2x3x4xu8<0.5, zp=128>
      %8 = tanh(%5) "t" : 2x3x4xf32
      output "q" = %7
      output "t" = %8

      """)
    let norms = symbols.filter { $0.contains("normf") }
    #expect(norms == ["qc_normf_f32_f32_rms1_bias0_sum1_factor1_store2"])
    #expect(!symbols.contains { $0.contains("quantize") || $0.contains("mul") }, "\(symbols)")
  }

  @Test func `factors that are read elsewhere too keep their steps`() throws {
    let symbols = try symbols(
      """
      %6 = mul(%5, %3) "smoothed" : 2x3x4xf32
      %7 = quantize(%6) {as = u8<0.5, zp=128>} "q" : 2x3x4xu8<0.5, zp=128>
      output "q" = %7
      output "s" = %6

      """)
    #expect(symbols.contains { $0.contains("rms1_bias0_sum1_factor0_store0") }, "\(symbols)")
    #expect(symbols.contains { $0.contains("quantize") }, "\(symbols)")
  }
}
