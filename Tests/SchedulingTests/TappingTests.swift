import GraphIR
import KernelIR
import Testing

@testable import Scheduling

@Suite("tapped programs")
struct TappingTests {
  private static let text = """
    graph "views" canonical
    %0 = input "x" : 2x3x4xf32
    %1 = constant [0.5] : 1xf32
    %2 = mul(%0, %1) "half" : 2x3x4xf32
    %3 = tanh(%2) "t" : 2x3x4xf32
    %4 = constant [1.0, 1.0, 1.0, 1.0] "scale" : 4xf32
    %5 = add(%3, %0) "sum" : 2x3x4xf32
    %6 = layer_norm(%5, %4, %4) {axis = 2, epsilon = 1e-05} "norm" : 2x3x4xf32
    %7 = transpose(%6) {permutation = [2, 0, 1]} "turned" : 4x2x3xf32
    %8 = reshape(%7) {shape = [24]} "flat" : 24xf32
    %9 = reshape(%0) {shape = [6, 4]} "rows" : 6x4xf32
    %10 = transpose(%9) {permutation = [1, 0]} "columns" : 4x6xf32
    output "flat" = %8
    output "columns" = %10

    """

  private func taps(_ tapping: Tapping) throws -> [Program.Tap] {
    try Scheduler.schedule(Graph(parsing: TappingTests.text), tapping: tapping).program.taps
  }

  @Test func `every named float value has one tap, and none is fused away`() throws {
    let taps = try taps(.allFloats)
    #expect(
      taps.map(\.name).sorted()
        == ["columns", "flat", "half", "norm", "rows", "sum", "t", "turned"])
  }

  @Test func `a view has a place of its own`() throws {
    let taps = try taps(.allFloats)
    let norm = try #require(taps.first { $0.name == "norm" })
    for name in ["turned", "flat"] {
      let view = try #require(taps.first { $0.name == name })
      #expect(view.buffer != norm.buffer, "\(name)")
    }
  }

  @Test func `without it a chain is one step and a view none`() throws {
    #expect(try taps(.stored).map(\.name) == ["t", "norm"])
  }
}
