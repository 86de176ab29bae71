import Tensors

extension KernelFamily {
  package static let convolution = KernelFamily("conv")
}

extension ConvolutionKernel {
  package static let layout = ArgumentLayout(
    "qc_conv_args",
    ArgumentLayout.Field.extents + ArgumentLayout.Field.image("input")
      + ArgumentLayout.Field.image("output") + ArgumentLayout.Field.halo + Epilogue.fields + [
        .init("row_step", .u32, "input bytes from a result row to the next"),
        .init("segment_row_step", .u32, "input bytes from a kernel row to the next"),
        .init(
          "segment_column_step", .u32, "input bytes from a segment of a kernel row to the next"),
        .init("panel_bytes", .u32, "weights of one panel"),
        .init("panels", .u32, "panels of all groups"),
        .init("panels_per_group", .u32, "panels of one group"),
        .init("columns_per_group", .u32, "result channels of one group"),
        .init("group_step", .u32, "input bytes from a group to the next"),
        .init("input_rows", .u32, "input rows under one chunk, but for the stride's part"),
        .init("stride_rows", .u32, "input rows from a result row to the next"),
        .init("kernel_row_rows", .u32, "input rows from a kernel row to the next"),
        .init("gather_step", .u32, "input bytes from a result row to the next, if gathered"),
        .init("gather_row_step", .u32, "input bytes from a kernel row to the next, likewise"),
        .init("gathered_bytes", .u32, "scratch bytes of the gathered rows of a chunk"),
        .init("zero_rows", .u32, "padding rows above the image that are known to hold zeros"),
        .init("image_rows", .u32, "rows behind them until zeros follow again"),
        .init("span", .u32, "input bytes under one row of a chunk"),
        .init("rows_per_chunk", .u32, "result rows worked on at once"),
        .init("pixels_per_chunk", .u32, "result pixels of a row worked on at once"),
      ])

  var arguments: ArgumentLayout.Values {
    let (panels, source, window) = (self.panels, self.source, sourceWindow)
    let values: ArgumentLayout.Values = [
      "row_step": .u32(window.stride.y * source.rowPitch),
      "segment_row_step": .u32(window.dilation.y * source.rowPitch),
      "segment_column_step": .u32(window.dilation.x * source.pixelPitch),
      "panel_bytes": .u32(panels.panelBytes),
      "panels": .u32(panels.panelCount),
      "panels_per_group": .u32(panels.panelsPerGroup),
      "columns_per_group": .u32(panels.columnsPerGroup),
      "group_step": .u32(source.channelBytes / groups),
      "input_rows": .u32(window.inputRows(1)),
      "stride_rows": .u32(window.stride.y),
      "kernel_row_rows": .u32(window.dilation.y),
      "gather_step": .u32(self.window.stride.y * input.rowPitch),
      "gather_row_step": .u32(self.window.dilation.y * input.rowPitch),
      "gathered_bytes": .u32(gatheredBytes(rows: chunk.rows)),
      "zero_rows": .u32(zeroRows), "image_rows": .u32(imageRows),
      "span": .u32(
        (window.inputPixels(chunk.pixels) - 1) * source.pixelPitch + source.channelBytes),
      "rows_per_chunk": .u32(chunk.rows),
      "pixels_per_chunk": .u32(chunk.pixels),
    ]
    return output.extentArguments
      + source.arguments("input", origin: self.window.origin(in: input))
      + output.arguments("output") + output.haloArguments + epilogue.arguments + values
  }

  /// The part of the result that is worked on at once, so that its input, widened, and the result
  /// stay in the second-level cache while the panels go over them.
  var chunk: (rows: Int, pixels: Int) {
    if output.height > 1 || split == .rows {
      let rows = (1...output.height).last {
        gatheredBytes(rows: $0) + widenedBytes(rows: $0, pixels: output.width)
          + $0 * output.rowPitch <= ConvolutionKernel.chunkBytes
      }
      return (rows ?? 1, output.width)
    }
    func fits(_ pixels: Int) -> Bool {
      widenedBytes(rows: 1, pixels: pixels) + pixels * output.pixelPitch
        <= ConvolutionKernel.chunkBytes
    }
    guard !fits(output.width) else { return (1, output.width) }
    let blocks = (1...max(1, output.width / TileSplit.pixelBlock)).last {
      fits($0 * TileSplit.pixelBlock)
    }
    return (1, min(output.width, (blocks ?? 1) * TileSplit.pixelBlock))
  }

  private static let chunkBytes = 128_000

  /// Whether a variant may compute two rows at once from sums and differences of input rows, which
  /// takes four products per column of taps instead of six, exactly: a dense kernel of three rows,
  /// with k short enough for the doubled sums.
  package var pairsRows: Bool {
    !gathersRows && input.element == .u8 && window.kernel.y == 3 && segmentColumns == 1
      && window.stride.y == 1
      && window.dilation.y == 1
      && split == .rows && output.height > 1 && panels.run <= 2048
  }

  /// What a variant that widens its input to 16 bits makes of the rows under a chunk: padded to
  /// whole vectors, and a vector more, because the last quad may reach beyond the row. Paired rows
  /// take four rows for each two of the result.
  private func widenedBytes(rows: Int, pixels: Int) -> Int {
    let window = sourceWindow
    let span = window.inputPixels(pixels) * source.pixelPitch
    let row = 2 * ((span + 31) / 32 * 32 + 32)
    return (pairsRows ? (rows + 1) / 2 * 4 : window.inputRows(rows)) * row
  }

  /// Gathered rows, the widened input, and widened weights: of a panel, or, combined for paired rows, of half of it.
  var scratchBytes: Int {
    let weights = pairsRows ? 256 * panels.quadsPerSegment : 2 * panels.panelBytes
    return gatheredBytes(rows: chunk.rows)
      + widenedBytes(rows: chunk.rows, pixels: chunk.pixels) + weights + 64
  }
}
