import Tensors

/// `embedding`: rows of an 8-bit table as f32, by indices that are known only at run time.
///
/// A negative index counts from the end; one outside of the table is moved to its nearest end.
/// Buffers: table `[rows][width]`, scales `[rows]`, zero points `[rows]` where one is not 0,
/// indices, output `[indices][width]`. A tile is one row of the output.
package struct EmbeddingKernel: Hashable, Sendable {
  /// i8 or u8.
  package let element: ElementType
  /// i64 or i32.
  package let indexElement: ElementType
  package let width: Int
  package let indexCount: Int
  /// One for each row of the table.
  package let scales: [Float]
  package let zeroPoints: [Int32]

  package init(
    _ element: ElementType, indices indexElement: ElementType, width: Int, indexCount: Int,
    scales: [Float], zeroPoints: [Int32]
  ) {
    precondition(element == .i8 || element == .u8, "a table of \(element)")
    precondition(indexElement == .i64 || indexElement == .i32, "\(indexElement) indices")
    precondition(width > 0 && indexCount > 0 && !scales.isEmpty, "an empty embedding")
    precondition(scales.count == zeroPoints.count, "a scale and a zero point for each row")
    self.element = element
    self.indexElement = indexElement
    self.width = width
    self.indexCount = indexCount
    self.scales = scales
    self.zeroPoints = zeroPoints
  }

  private var hasZeroPoints: Bool { zeroPoints.contains { $0 != 0 } }

  package var spec: KernelSpec {
    KernelSpec(
      .embedding, [element, indexElement, .f32], [.init("zeros", hasZeroPoints ? 1 : 0)])
  }

  /// The call; operand 0 is the table, operand 1 the indices.
  package func call() -> KernelCall {
    let values: ArgumentLayout.Values = ["rows": .u32(scales.count), "width": .u32(width)]
    let zeros = KernelCall.Operand.frame(
      name: "zero points", bytes: littleEndianBytes(zeroPoints.map { UInt32(bitPattern: $0) }))
    return KernelCall(
      spec: spec, arguments: EmbeddingKernel.layout.record(values),
      operands: [.input(0), .floats(scales, named: "scales")] + (hasZeroPoints ? [zeros] : [])
        + [.input(1), .output],
      tileCount: indexCount, scratchBytes: 0, work: indexCount * width)
  }

  package static let layout = ArgumentLayout(
    "qc_embedding_args",
    [
      .init("rows", .u32, "rows of the table"),
      .init("width", .u32, "elements of a row"),
    ])
}

extension KernelFamily {
  package static let embedding = KernelFamily("embedding")
}
