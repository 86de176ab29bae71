import Tensors

extension KernelFamily {
  package static let winograd = KernelFamily("winograd")
}

extension WinogradKernel {
  package static let layout = ArgumentLayout(
    "qc_winograd_args",
    ArgumentLayout.Field.extents + ArgumentLayout.Field.image("input")
      + ArgumentLayout.Field.image("output") + ArgumentLayout.Field.halo + Epilogue.fields + [
        .init("last_row", .u32, "the last input row there is, from the first under the window"),
        .init("last_pixel", .u32, "the last input pixel there is, likewise"),
        .init("panels", .u32, "panels of 16 columns"),
        .init("whole_down", .u32, "blocks of four rows of one image"),
        .init("whole_across", .u32, "blocks of four pixels of one row"),
        .init("whole_panels", .u32, "1 when a tile is a panel of all chunks"),
        .init("rounds", .u32, "rounds of blocks of all kinds"),
        .init("rounds_per_chunk", .u32, "rounds that share the transformed weights of a panel"),
      ])

  var arguments: ArgumentLayout.Values {
    let blocking = blocking
    let values: ArgumentLayout.Values = [
      "last_row": .u32(window.padding.y + input.height + input.halo.bottom - 1),
      "last_pixel": .u32(window.padding.x + input.width + input.halo.right - 1),
      "panels": .u32(panels.panelCount),
      "whole_down": .u32(blocking.wholeDown), "whole_across": .u32(blocking.wholeAcross),
      "whole_panels": .u32(hasWholePanels ? 1 : 0),
      "rounds": .u32(blocking.rounds), "rounds_per_chunk": .u32(blocking.roundsPerChunk),
    ]
    return output.extentArguments + input.arguments("input", origin: window.origin(in: input))
      + output.arguments("output") + output.haloArguments + epilogue.arguments + values
  }
}
