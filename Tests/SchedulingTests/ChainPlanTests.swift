import KernelIR
import Tensors
import Testing

@testable import Scheduling

@Suite("chain plans")
struct ChainPlanTests {
  private typealias Pair = ConvolutionWindow.Pair

  /// A step over a u8 image of its own input and output storage.
  private func step(
    _ call: KernelCall, _ inputs: [Int], _ output: Int
  ) -> Lowering.PendingStep {
    Lowering.PendingStep(
      call: call, inputs: inputs, output: output, side: nil, opName: "op", value: nil,
      shown: nil)
  }

  private func image(
    _ height: Int, _ width: Int = 4, channels: Int = 16, batch: Int = 1, halo: Int = 0
  ) -> ImageGeometry {
    ImageGeometry(
      .u8, batch: batch, height: height, width: width, channels: channels,
      halo: .init(top: halo, bottom: halo, left: halo, right: halo))
  }

  private func maximum(
    _ input: ImageGeometry, _ output: ImageGeometry, kernel: Int, stride: Int = 1,
    dilation: Int = 1, padding: Int
  ) -> KernelCall {
    PoolKernel(
      input: input, output: output,
      window: ConvolutionWindow(
        kernel: Pair(kernel, kernel), stride: Pair(stride, stride),
        dilation: Pair(dilation, dilation), padding: Pair(padding, padding)), kind: .maximum
    ).call()
  }

  private func table(_ input: ImageGeometry, _ output: ImageGeometry) -> KernelCall {
    ElementwiseKernel(
      lhs: input, rhs: nil, output: output, kind: .table((0..<256).map { UInt8($0) })
    ).call().dividedByRows
  }

  @Test func `rows go back through stride, padding and window`() throws {
    let steps = [
      step(table(image(16), image(16)), [0], 1),
      step(maximum(image(16), image(8), kernel: 3, stride: 2, padding: 1), [1], 2),
    ]
    let plan = try #require(ChainPlan(steps, at: 3..<5, isPrivate: { $0 == 1 }))
    #expect(plan.stripCount == 8)
    #expect(plan.tiles[1] == (0..<8).map { $0..<$0 + 1 })
    // Row y of the result reads rows 2y-1 to 2y+1.
    #expect(plan.tiles[0] == [0..<2] + (1..<8).map { 2 * $0 - 1..<2 * $0 + 2 })
    let window = try #require(plan.windows.first)
    #expect(window.storage == 1)
    #expect(window.spans[1] == 64..<256)
    #expect(window.capacity(strips: 1) == 192 && window.capacity(strips: 8) == 1024)
  }

  @Test func `dilated windows reach further, and strips need not divide the rows`() throws {
    let steps = [
      step(table(image(31), image(31)), [0], 1),
      step(maximum(image(31), image(31), kernel: 5, dilation: 2, padding: 4), [1], 2),
    ]
    let plan = try #require(ChainPlan(steps, at: 0..<2, isPrivate: { $0 == 1 }))
    #expect(plan.stripCount == 24)
    for strip in 0..<24 {
      let rows = 31 * strip / 24..<31 * (strip + 1) / 24
      #expect(plan.tiles[1][strip] == rows)
      let needed = max(0, rows.lowerBound - 4)..<min(31, rows.upperBound + 4)
      #expect(plan.tiles[0][strip] == needed)
    }
  }

  @Test func `images of a batch follow each other`() throws {
    let (a, b) = (image(3, batch: 2, halo: 1), image(3, batch: 2))
    let steps = [
      step(table(image(3, batch: 2), a), [0], 1),
      step(maximum(a, b, kernel: 3, padding: 1), [1], 2),
    ]
    let plan = try #require(ChainPlan(steps, at: 0..<2, isPrivate: { $0 == 1 }))
    #expect(plan.tiles[0] == [0..<2, 0..<3, 1..<3, 3..<5, 3..<6, 4..<6].map { $0 })
  }

  @Test func `rows that are read alone are computed once`() throws {
    let steps = [
      step(table(image(12), image(12)), [0], 1), step(table(image(12), image(12)), [1], 2),
    ]
    let seen = try #require(ChainPlan(steps, at: 0..<2, isPrivate: { _ in false }))
    #expect(seen.windows.isEmpty && seen.tiles[0] == seen.tiles[1])
  }

  @Test func `what others see is not computed twice`() {
    let steps = [
      step(table(image(16), image(16)), [0], 1),
      step(maximum(image(16), image(16), kernel: 3, padding: 1), [1], 2),
    ]
    #expect(ChainPlan(steps, at: 0..<2, isPrivate: { $0 == 1 }) != nil)
    #expect(ChainPlan(steps, at: 0..<2, isPrivate: { _ in false }) == nil)
  }

  @Test func `a step that needs all of another waits for it`() {
    let pooled = image(1, 1)
    let steps = [
      step(table(image(16), image(16)), [0], 1),
      step(maximum(image(16), pooled, kernel: 16, padding: 0), [1], 2),
    ]
    // One tile is no strips.
    #expect(ChainPlan(steps, at: 0..<2, isPrivate: { $0 == 1 }) == nil)
  }

  @Test func `a step does not overwrite what one before it reads`() {
    let steps = [
      step(table(image(16), image(16)), [0], 1), step(table(image(16), image(16)), [1], 0),
    ]
    #expect(ChainPlan(steps, at: 0..<2, isPrivate: { $0 == 1 }) == nil)
  }
}
