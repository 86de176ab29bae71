import Tensors

/// `gather`: slices along one axis, by indices that are known only at run time.
///
/// A negative index counts from the end; one outside the axis is moved to its nearest end. Buffers:
/// data `[outer][extent][block]`, indices, output `[outer][indices][block]`. A tile is one slice of
/// one outer position.
package struct GatherKernel: Hashable, Sendable {
  /// i64 or i32.
  package let indexElement: ElementType
  package let outer: Int
  package let extent: Int
  package let indexCount: Int
  package let blockBytes: Int

  package init(
    indices indexElement: ElementType, outer: Int, extent: Int, indexCount: Int, blockBytes: Int
  ) {
    precondition(indexElement == .i64 || indexElement == .i32, "\(indexElement) indices")
    precondition(outer > 0 && extent > 0 && indexCount > 0 && blockBytes > 0, "an empty gather")
    self.indexElement = indexElement
    self.outer = outer
    self.extent = extent
    self.indexCount = indexCount
    self.blockBytes = blockBytes
  }

  package var spec: KernelSpec { KernelSpec(.gather, [.u8, indexElement, .u8]) }

  package func call(
    data: KernelCall.Operand = .input(0), indices: KernelCall.Operand = .input(1)
  ) -> KernelCall {
    let values: ArgumentLayout.Values = [
      "extent": .u32(extent), "index_count": .u32(indexCount), "block_bytes": .u32(blockBytes),
    ]
    return KernelCall(
      spec: spec, arguments: GatherKernel.layout.record(values),
      operands: [data, indices, .output], tileCount: outer * indexCount, scratchBytes: 0,
      work: outer * indexCount * (blockBytes / 4 + 1))
  }

  package static let layout = ArgumentLayout(
    "qc_gather_args",
    [
      .init("extent", .u32, "slices along the axis of the data"),
      .init("index_count", .u32, "indices"),
      .init("block_bytes", .u32, "contiguous bytes of one slice"),
    ])
}

extension KernelFamily {
  package static let gather = KernelFamily("gather")
}
