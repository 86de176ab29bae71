import Tensors

/// `conv`: u8 or i16 activations times s8 weights, summed in int32, then an ``Epilogue``.
///
/// A matrix product is the same kernel with ``ConvolutionWindow/pixel`` over
/// ``ImageGeometry/matrix(_:rows:columns:)``. Buffers: input, weights, columns (start values, then
/// factors, then the pixel of a border if there is one), residual if there is one, output.
package struct ConvolutionKernel: Hashable, Sendable {
  package let input: ImageGeometry
  package let output: ImageGeometry
  package let window: ConvolutionWindow
  package let groups: Int
  package let epilogue: Epilogue
  /// Whether pixels that see padding alone lie around the output, in place of a halo.
  let hasBorder: Bool
  /// The same convolution with rows kept apart that ``input`` and ``output`` join.
  private let rows: Rows?

  private struct Rows: Hashable {
    let input: ImageGeometry
    let output: ImageGeometry
    let epilogue: Epilogue
  }

  /// The input is u8 or i16 and its halo covers the window's padding; the output is u8 or i16, or f32
  /// for a float epilogue.
  package init(
    input: ImageGeometry, output: ImageGeometry, window: ConvolutionWindow, groups: Int = 1,
    epilogue: Epilogue
  ) {
    precondition(input.element.isStoredActivation, "activations are u8 or i16")
    precondition(window.fits(input, output), "the input's halo is smaller than its padding")
    precondition(input.channels % groups == 0 && output.channels % groups == 0, "\(groups) groups")
    precondition(epilogue.factors.count == output.channels, "one factor per output channel")
    let border = ConvolutionKernel.border(input, output, window, epilogue)
    let output = border.isEmpty ? output : output.inside(border)
    let window = border.isEmpty ? window : .pixel
    let isFlat =
      window == .pixel && input.isGapless && output.isGapless
      && epilogue.residual?.geometry.isGapless ?? true
    let rows = Rows(input: input, output: output, epilogue: epilogue)
    self.init(
      isFlat
        ? Rows(
          input: input.flattened, output: output.flattened, epilogue: epilogue.flattened)
        : rows, window, groups, hasBorder: !border.isEmpty,
      rows: isFlat && TileSplit.isRows(output) ? rows : nil)
  }

  private init(
    _ images: Rows, _ window: ConvolutionWindow, _ groups: Int, hasBorder: Bool, rows: Rows?
  ) {
    input = images.input
    output = images.output
    epilogue = images.epilogue
    self.window = window
    self.groups = groups
    self.hasBorder = hasBorder
    self.rows = rows
  }

  /// Values of k in a quad of the input.
  var quadDepth: Int { PanelLayout.quadDepth(input.element) }

  /// Whether the taps of a kernel row meet contiguous bytes, so that the row is one segment.
  var rowsAreContiguous: Bool {
    window.kernel.x == 1
      || (window.dilation.x == 1 && groups == 1 && input.pixelPitch == input.channelBytes)
  }

  /// Segments across one kernel row: 1 when it is contiguous, else one per tap.
  package var segmentColumns: Int { rowsAreContiguous ? 1 : sourceWindow.kernel.x }

  package var panels: PanelLayout {
    let depth = source.channels / groups
    let window = sourceWindow
    return PanelLayout(
      groups: groups, columnsPerGroup: output.channels / groups,
      segments: window.kernel.y * segmentColumns,
      run: window.taps * depth / window.kernel.y
        / segmentColumns, element: input.element)
  }

  package var split: TileSplit { .best(for: output, panels: panels.panelCount) }

  package var spec: KernelSpec {
    let panels = panels
    let parameters: [KernelSpec.Parameter] = [
      .init("split", split.rawValue),
      .init("px", TileSplit.pixelClass(output.width)),
      .init("step", sourceWindow.stride.x * source.pixelPitch),
      .init("kh", sourceWindow.kernel.y), .init("kw", segmentColumns),
      .init("quads", panels.quadsPerSegment), .init("pairs", pairsRows ? 1 : 0),
      .init("panels", panelClass(panels)),
      .init("tail", panels.columnsPerGroup % PanelLayout.panelColumns),
    ]
    let border = hasBorder ? [KernelSpec.Parameter("bordered", 1)] : []
    return KernelSpec(
      .convolution, [input.element, .i8, output.element],
      parameters + edgeParameters + gatherParameters + border + epilogue.parameters)
  }

  /// What a generator may know of the panels of a group: exact up to three, else four and the rest
  /// after whole fours, so that wide results share code; no rest where threads divide the panels.
  private func panelClass(_ panels: PanelLayout) -> Int {
    let count = panels.panelsPerGroup
    return count < 4 ? count : split == .panels ? 4 : 4 + count % 4
  }

  /// The call with weights in ONNX's order, `[output channel][input channel of the group][ky][kx]`,
  /// and with `start`, what the sum of each output channel begins with: see
  /// ``startValues(bias:weights:input:inputZeroPoint:)``.
  package func call(weights: [Int8], start: [Int32]) -> KernelCall {
    let panels = panels
    let byTaps = ConvolutionKernel.tapsFirst(
      weights, columns: output.channels, depth: input.channels / groups)
    var operands: [KernelCall.Operand] = [
      .input(0),
      .frame(name: "weights", bytes: panels.pack(byTaps)),
      .frame(
        name: "columns",
        bytes: panels.columnVectors(start: start, factors: epilogue.factors)
          + borderPixel(weights: weights, start: start)),
    ]
    if epilogue.residual != nil { operands.append(.input(1)) }
    operands.append(.output)
    let byRows = rows.map {
      ConvolutionKernel($0, window, groups, hasBorder: hasBorder, rows: nil).form
    }
    let form = form
    return KernelCall(
      spec: form.spec, arguments: form.arguments, operands: operands, tileCount: form.tileCount,
      scratchBytes: form.scratchBytes, work: productCount, reaches: form.reaches, byRows: byRows)
  }

  private var form: KernelCall.Form {
    let residual: [TileReach?] =
      epilogue.residual.map { [$0.geometry.reach(reading: split, of: output)] } ?? []
    return KernelCall.Form(
      spec: spec, arguments: ConvolutionKernel.layout.record(arguments),
      tileCount: split.tileCount(for: output, panels: panels.panelCount),
      scratchBytes: scratchBytes,
      reaches: [input.reach(reading: split, window: window, of: output), nil, nil] + residual
        + [output.reach(writing: split)])
  }

  /// Weights from ONNX's order to `[column][tap][channel of the group]`; `depth` is the number of these.
  static func tapsFirst(_ weights: [Int8], columns: Int, depth: Int) -> [Int8] {
    let taps = weights.count / max(1, columns * depth)
    precondition(weights.count == columns * depth * taps, "\(weights.count) weights")
    return (0..<columns).flatMap { column in
      (0..<taps).flatMap { tap in
        (0..<depth).map { weights[(column * depth + $0) * taps + tap] }
      }
    }
  }

  /// `bias[c] - inputZeroPoint * Σ weights[c]`: with it the sums run over the stored bytes.
  ///
  /// The weights may come in any order that has the output channel first; `input` is the stored type
  /// of the activations.
  ///
  /// - Returns: `nil` when some sum of the convolution could leave int32.
  package static func startValues(
    bias: [Int32], weights: [Int8], input: ElementType = .u8, inputZeroPoint: Int32
  ) -> [Int32]? {
    let depth = weights.count / bias.count
    let (least, most): (Int64, Int64) = input == .i16 ? (-32768, 32767) : (0, 255)
    var start: [Int32] = []
    for (column, bias) in bias.enumerated() {
      let slice = weights[column * depth..<(column + 1) * depth]
      let value = Int64(bias) - Int64(inputZeroPoint) * slice.reduce(0) { $0 + Int64($1) }
      let highest = slice.reduce(value) {
        $0 + most * max(Int64($1), 0) + least * min(Int64($1), 0)
      }
      let lowest = slice.reduce(value) {
        $0 + most * min(Int64($1), 0) + least * max(Int64($1), 0)
      }
      guard lowest >= Int64(Int32.min), highest <= Int64(Int32.max) else { return nil }
      start.append(Int32(value))
    }
    return start
  }
}

extension ElementType {
  /// Whether activations of quantized ops are stored so.
  package var isStoredActivation: Bool { self == .u8 || self == .i16 }
}

/// The bytes of 32-bit words, as every frame holds them.
package func littleEndianBytes(_ words: [UInt32]) -> [UInt8] {
  words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * UInt32($0))) } }
}
