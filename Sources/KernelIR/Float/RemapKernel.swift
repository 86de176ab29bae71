import Diagnostics
import Tensors

/// `remap`: every block of the result is the input's block that a table per axis points at, or a
/// fill value: padding of every mode, nearest resize, a slice by any index list, filling a halo.
///
/// Buffers: input, tables (byte offsets per result position, axis after axis), output. A tile is a
/// run of rows of blocks.
package struct RemapKernel: Hashable, Sendable {
  package static let axisLimit = 5

  /// One axis of the result.
  package struct Axis: Hashable, Sendable {
    /// For each result position the byte offset in the input, `nil` for the fill value.
    package let sources: [Int?]
    /// Result bytes from position to position.
    package let outputStride: Int

    package init(sources: [Int?], outputStride: Int) {
      self.sources = sources
      self.outputStride = outputStride
    }
  }

  package let axes: [Axis]
  package let blockBytes: Int
  /// The bytes of one element, repeated over a filled block.
  package let fill: [UInt8]
  package let inputOrigin: Int
  package let outputOrigin: Int

  /// `axes` are outermost first; `fill` has 1, 2, 4 or 8 bytes, whose count divides the block's.
  ///
  /// - Throws: `QC2005` for more than five axes.
  package init(
    axes: [Axis], blockBytes: Int, fill: [UInt8], inputOrigin: Int = 0, outputOrigin: Int = 0
  ) throws(Diagnostic) {
    guard (1...RemapKernel.axisLimit).contains(axes.count) else {
      throw Diagnostic(
        .unsupportedKernel,
        "padding or resizing \(axes.count) axes; the limit is \(RemapKernel.axisLimit)")
    }
    precondition(axes.allSatisfy { !$0.sources.isEmpty } && blockBytes > 0, "an empty remap")
    precondition([1, 2, 4, 8].contains(fill.count) && blockBytes % fill.count == 0, "the fill")
    self.axes = axes
    self.blockBytes = blockBytes
    self.fill = fill
    self.inputOrigin = inputOrigin
    self.outputOrigin = outputOrigin
  }

  /// `element`: the block is one element of that many bytes, else 0.
  package var spec: KernelSpec {
    KernelSpec(
      .remap, [.u8, .u8], [.init("element", [1, 2, 4, 8].contains(blockBytes) ? blockBytes : 0)])
  }

  private var rows: Int { axes.dropLast().reduce(1) { $0 * $1.sources.count } }
  private var rowBytes: Int { (axes.last?.sources.count ?? 1) * blockBytes }
  private var rowsPerTile: Int { max(1, 4096 / rowBytes) }

  package func call(input: KernelCall.Operand = .input(0)) -> KernelCall {
    let tables = axes.flatMap { axis in
      axis.sources.map { $0.map { UInt32(bitPattern: Int32($0)) } ?? 0x8000_0000 }
    }
    var values: ArgumentLayout.Values = [
      "block_bytes": .u32(blockBytes), "input_origin": .u32(inputOrigin),
      "output_origin": .u32(outputOrigin), "rows": .u32(rows),
      "rows_per_tile": .u32(rowsPerTile),
    ]
    let repeated = (0..<8).map { fill[$0 % fill.count] }
    for word in 0..<2 {
      let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(repeated[4 * word + $1]) << (8 * $1) }
      values["fill\(word)"] = .u32(Int(bits))
    }
    for axis in 0..<RemapKernel.axisLimit {
      let index = axis - (RemapKernel.axisLimit - axes.count)
      values["extent\(axis)"] = .u32(index < 0 ? 1 : axes[index].sources.count)
      values["output_stride\(axis)"] = .i32(index < 0 ? 0 : Int32(axes[index].outputStride))
    }
    values["axes"] = .u32(axes.count)
    return KernelCall(
      spec: spec, arguments: RemapKernel.layout.record(values),
      operands: [input, .frame(name: "tables", bytes: littleEndianBytes(tables)), .output],
      tileCount: ceilDivide(rows, rowsPerTile), scratchBytes: 0, work: rows * rowBytes)
  }

  package static let layout = ArgumentLayout(
    "qc_remap_args",
    [
      .init("axes", .u32, "axes in use, the last ones"),
      .init("block_bytes", .u32, "contiguous bytes below the last axis"),
      .init("input_origin", .u32, "byte of the input that the offsets count from"),
      .init("output_origin", .u32, "byte of the result's first block"),
      .init("rows", .u32, "positions of all axes but the last"),
      .init("rows_per_tile", .u32, "of them, in one tile"),
      .init("fill0", .u32, "fill value, low word"), .init("fill1", .u32, "fill value, high word"),
    ]
      + (0..<axisLimit).map { .init("extent\($0)", .u32, "positions along axis \($0)") }
      + (0..<axisLimit).map { .init("output_stride\($0)", .i32, "result bytes along axis \($0)") })
}

extension KernelFamily {
  package static let remap = KernelFamily("remap")
}
