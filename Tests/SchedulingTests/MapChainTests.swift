import Diagnostics
import GraphIR
import KernelIR
import Tensors
import Testing

@testable import Scheduling

@Suite("chains of elementwise ops")
struct MapChainTests {
  private func symbols(_ text: String) throws -> [String] {
    try Scheduler.schedule(Graph(parsing: text)).kernels.map(\.symbol)
  }

  @Test func `a chain with constants and a broadcast operand is one kernel`() throws {
    let symbols = try symbols(
      """
      graph "chain" fused
      %0 = input "x" : 2x3x4xf32
      %1 = input "bias" : 4xf32
      %2 = constant [0.5] : 1xf32
      %3 = mul(%0, %2) "half" : 2x3x4xf32
      %4 = add(%3, %1) "sum" : 2x3x4xf32
      %5 = tanh(%4) "t" : 2x3x4xf32
      %6 = mul(%5, %0) "y" : 2x3x4xf32
      output "y" = %6

      """)
    #expect(symbols.count == 1)
    #expect(symbols.first?.contains("_const0_mul") == true, "\(symbols)")
  }

  @Test func `a choice between two numbers by a condition computes in f32`() throws {
    let symbols = try symbols(
      """
      graph "mask" fused
      %0 = input "allowed" : 4x4xbool
      %1 = constant [0.0] : f32
      %2 = constant [-inf] : f32
      %3 = select(%0, %1, %2) "mask" : 4x4xf32
      output "mask" = %3

      """)
    #expect(symbols.count == 1)
    #expect(symbols.first?.hasPrefix("qc_map_bool_f32_inner0_const0_") == true, "\(symbols)")
  }

  @Test func `an op that others read, or an output, has a kernel of its own`() throws {
    let symbols = try symbols(
      """
      graph "fork" fused
      %0 = input "x" : 5xf32
      %1 = tanh(%0) "a" : 5xf32
      %2 = exp(%1) "b" : 5xf32
      %3 = add(%1, %2) "c" : 5xf32
      %4 = neg(%3) "d" : 5xf32
      output "c" = %3
      output "d" = %4

      """)
    #expect(
      symbols == [
        "qc_map_f32_f32_inner0_tanh0", "qc_map_f32_f32_inner0_exp0_add32",
        "qc_map_f32_f32_inner0_neg0", "qc_move_u32_u32_form0",
      ])
  }

  @Test func `an op over a smaller shape is not computed again for each reader's element`() throws {
    let symbols = try symbols(
      """
      graph "broadcast" fused
      %0 = input "x" : 3x4xf32
      %1 = input "s" : 4xf32
      %2 = exp(%1) "e" : 4xf32
      %3 = mul(%0, %2) "y" : 3x4xf32
      output "y" = %3

      """)
    #expect(symbols.count == 2, "\(symbols)")
  }
}
