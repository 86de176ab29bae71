import Diagnostics
import Tensors

/// `cast`: every element to another type, by section 6 of `Documentation/Quantization.md`.
///
/// Between f32, i64, i32, i8, u8 and bool. Buffers: input, output. A tile is a run of elements.
package struct CastKernel: Hashable, Sendable {
  package static let elements: [ElementType] = [.f32, .i64, .i32, .i8, .u8, .bool]

  package let from: ElementType
  package let to: ElementType
  /// Operands: input, result.
  package let loop: StridedLoop

  /// - Throws: `QC2005` for other types or when too many axes remain.
  package init(
    from: ElementType, to: ElementType, extents: [Int], input: [Int], output: [Int]
  ) throws(Diagnostic) {
    guard CastKernel.elements.contains(from), CastKernel.elements.contains(to) else {
      throw Diagnostic(.unsupportedKernel, "a cast from \(from) to \(to) has no kernel")
    }
    self.from = from
    self.to = to
    loop = try StridedLoop(extents: extents, strides: [input, output], origins: [0, 0])
  }

  /// Row-major elements on both sides.
  package init(from: ElementType, to: ElementType, count: Int) throws(Diagnostic) {
    try self.init(
      from: from, to: to, extents: [count], input: [from.bitWidth / 8], output: [to.bitWidth / 8])
  }

  /// `dense`: both sides are contiguous along the innermost axis.
  package var spec: KernelSpec {
    let isDense =
      loop.inner == 1
      || (loop.innerStride(0) == from.bitWidth / 8 && loop.innerStride(1) == to.bitWidth / 8)
    return KernelSpec(.cast, [from, to], [.init("dense", isDense ? 1 : 0)])
  }

  package func call() -> KernelCall {
    KernelCall(
      spec: spec, arguments: CastKernel.layout.record(loop.arguments(["in", "out"])),
      operands: [.input(0), .output], tileCount: loop.tileCount, scratchBytes: 0,
      work: loop.elementCount)
  }

  package static let layout = ArgumentLayout("qc_cast_args", StridedLoop.fields(["in", "out"]))
}

extension KernelFamily {
  package static let cast = KernelFamily("cast")
}
