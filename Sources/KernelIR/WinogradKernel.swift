import Tensors

/// `winograd`: a dense 3x3 convolution with stride 1 of u8 activations, by F(4x4, 3x3) in integers that
/// wrap: 36 products of words where the definition takes 144 of bytes, and the same sums.
///
/// A block of 4x4 results comes from 6x6 pixels. With the transforms scaled to integers, transformed
/// pixels and weights fit 16 bits; their products and the way back are taken modulo 2³² and give 576
/// times the sum. The odd part of 576 has an inverse there, the rest is a shift: sums below 2²⁵ come
/// out exactly, whatever wrapped on the way. Source: Lavin and Gray 2016 for the transforms.
///
/// Buffers as those of ``ConvolutionKernel``; the weights stay 8 bits, and are transformed at each run.
package struct WinogradKernel: Hashable, Sendable {
  package let input: ImageGeometry
  package let output: ImageGeometry
  package let window: ConvolutionWindow
  package let epilogue: Epilogue

  /// Products of a block of 4x4 results, for each channel.
  package static let positions = 36
  /// Input channels come in multiples of this.
  package static let channelStep = 8

  /// The input is one that ``takes(input:window:groups:)``, and its halo covers the window's padding.
  package init(
    input: ImageGeometry, output: ImageGeometry, window: ConvolutionWindow, epilogue: Epilogue
  ) {
    precondition(WinogradKernel.takes(input: input, window: window, groups: 1), "another window")
    precondition(window.fits(input, output), "the input's halo is smaller than its padding")
    precondition(epilogue.factors.count == output.channels, "one factor per output channel")
    self.input = input
    self.output = output
    self.window = window
    self.epilogue = epilogue
  }

  /// Whether the kernel exists for such a convolution.
  package static func takes(
    input: ImageGeometry, window: ConvolutionWindow, groups: Int
  ) -> Bool {
    input.element == .u8 && groups == 1 && input.channels % channelStep == 0
      && window.kernel == .init(3, 3) && window.stride == .init(1, 1)
      && window.dilation == .init(1, 1)
  }

  /// Whether no sum of u8 activations with these weights, the output channel first, reaches 2²⁵.
  package static func fits(weights: [Int8], outputChannels: Int) -> Bool {
    let depth = weights.count / max(1, outputChannels)
    return (0..<outputChannels).allSatisfy { column in
      let slice = weights[column * depth..<(column + 1) * depth]
      let positive = slice.reduce(0) { $0 + max(0, Int($1)) }
      let negative = slice.reduce(0) { $0 - min(0, Int($1)) }
      return 255 * max(positive, negative) < 1 << 25
    }
  }

  var blocking: WinogradBlocking { WinogradBlocking(output, depth: input.channels) }

  /// Whether a tile is a panel of all chunks, so that threads get equal parts; else one of a chunk, so
  /// that threads which get few panels do not write to the same lines of memory.
  var hasWholePanels: Bool { panels.panelCount >= 8 }

  /// One segment of pairs of channels, the taps of a pair together, so that weights are read in order.
  package var panels: PanelLayout {
    PanelLayout(
      groups: 1, columnsPerGroup: output.channels, segments: 1, run: window.taps * input.channels,
      element: .i16)
  }

  package var spec: KernelSpec {
    let kinds = zip(WinogradBlocking.kinds, blocking.atOnce).map {
      KernelSpec.Parameter($0.name, $1)
    }
    let parameters: [KernelSpec.Parameter] = [
      .init("depth", input.channels),
      .init("tail", output.channels % PanelLayout.panelColumns),
    ]
    return KernelSpec(
      .winograd, [input.element, .i8, output.element], kinds + parameters + epilogue.parameters)
  }

  /// The call with weights in ONNX's order and `start` as ``ConvolutionKernel/call(weights:start:)``
  /// takes them; the weights are some that ``fits(weights:outputChannels:)``.
  package func call(weights: [Int8], start: [Int32]) -> KernelCall {
    let panels = panels
    var operands: [KernelCall.Operand] = [
      .input(0), .frame(name: "weights", bytes: panels.pack(byPairs(weights))),
      .frame(
        name: "columns",
        bytes: panels.columnVectors(start: start, factors: epilogue.factors)),
    ]
    if epilogue.residual != nil { operands.append(.input(1)) }
    operands.append(.output)
    return KernelCall(
      spec: spec, arguments: WinogradKernel.layout.record(arguments), operands: operands,
      tileCount: (hasWholePanels ? 1 : blocking.chunkCount) * panels.panelCount,
      scratchBytes: blocking.scratchBytes,
      work: blocking.work(panels: panels.panelCount))
  }

  /// Weights from ONNX's order to `[column][pair of channels][tap][channel of the pair]`.
  private func byPairs(_ weights: [Int8]) -> [Int8] {
    let (depth, taps) = (input.channels, window.taps)
    precondition(weights.count == output.channels * depth * taps, "\(weights.count) weights")
    return (0..<output.channels * depth / 2).flatMap { pair in
      (0..<taps).flatMap { tap in (0..<2).map { weights[(2 * pair + $0) * taps + tap] } }
    }
  }
}
