import KernelIR
import Tensors
import TestSupport
import Testing

@Suite("packed weights and kernel names")
struct PackingTests {
  @Test(arguments: [
    PanelLayout(groups: 1, columnsPerGroup: 1, segments: 1, run: 1),
    PanelLayout(groups: 1, columnsPerGroup: 17, segments: 3, run: 9),
    PanelLayout(groups: 3, columnsPerGroup: 16, segments: 1, run: 64),
    PanelLayout(groups: 2, columnsPerGroup: 33, segments: 9, run: 5),
    PanelLayout(groups: 2, columnsPerGroup: 17, segments: 3, run: 5, element: .i16),
  ])
  func `unpacking panels gives the weights back, the rest is zero`(_ layout: PanelLayout) {
    var random = SeededGenerator(seed: 17)
    let count = layout.groups * layout.columnsPerGroup * layout.segments * layout.run
    let weights = random.bytes(count).map { Int8(bitPattern: $0 | 1) }
    let packed = layout.pack(weights)
    #expect(layout.unpack(packed) == weights)
    #expect(packed.count { $0 != 0 } == count)
    #expect(packed.count % 64 == 0)
  }

  @Test(arguments: [1, 15, 16, 17, 40])
  func `unpacking channels gives the weights back`(_ channels: Int) {
    var random = SeededGenerator(seed: 19)
    let layout = ChannelLayout(channels: channels, taps: 9)
    let weights = random.bytes(channels * 9).map { Int8(bitPattern: $0) }
    #expect(layout.unpack(layout.pack(weights)) == weights)
  }

  @Test func `a kernel's symbol says all of its spec`() {
    for test in ConvolutionCase.all {
      var random = SeededGenerator(seed: 23)
      let spec = ConvolutionKernel(
        input: test.input, output: test.output, window: test.window, groups: test.groups,
        epilogue: test.epilogue(&random)
      ).spec
      #expect(KernelName.parse(spec.symbol) == spec)
    }
    for symbol in ["", "qc", "qc_", "conv_u8", "qc_conv_u8_px", "qc_conv__px1", "qc_conv_px-1"] {
      #expect(KernelName.parse(symbol) == nil, "\(symbol)")
    }
  }

  @Test func `sums that could leave int32 are refused`() {
    let weights = [Int8](repeating: 127, count: 70_000)
    #expect(
      ConvolutionKernel.startValues(bias: [0], weights: weights, inputZeroPoint: 0) == nil)
    #expect(
      ConvolutionKernel.startValues(bias: [5], weights: [1, -2], inputZeroPoint: 10) == [15])
  }
}
