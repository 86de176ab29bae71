import Diagnostics
import Tensors

/// `move`: a copy between two strided orders: transpose, slice, a part of a concatenation, expand,
/// the fill of a buffer with one element.
///
/// Elements have 1, 2, 4 or 8 bytes. Buffers: input, output. A tile is a run of result elements.
package struct MoveKernel: Hashable, Sendable {
  /// How the innermost axis is copied.
  package enum Form: Int, Hashable, Sendable {
    /// Contiguous on both sides.
    case contiguous = 0
    /// One input element fills the result's contiguous axis.
    case fill = 1
    /// Any strides.
    case strided = 2
    /// The last axis is contiguous in the result, the one before it in the input.
    case transpose = 3
  }

  package let elementBytes: Int
  package let form: Form
  /// Operands: input, result.
  package let loop: StridedLoop

  /// - Throws: `QC2005` when too many axes remain.
  package init(
    elementBytes: Int, extents: [Int], input: [Int], output: [Int], inputOrigin: Int = 0,
    outputOrigin: Int = 0
  ) throws(Diagnostic) {
    precondition([1, 2, 4, 8].contains(elementBytes), "elements of \(elementBytes) bytes")
    self.elementBytes = elementBytes
    let loop = try StridedLoop(
      extents: extents, strides: [input, output], origins: [inputOrigin, outputOrigin])
    (self.loop, form) = MoveKernel.arranged(loop, elementBytes)
  }

  /// Puts the result's contiguous axis last, and before it the input's one where that is another.
  private static func arranged(_ loop: StridedLoop, _ bytes: Int) -> (StridedLoop, Form) {
    let axes = Array(loop.extents.indices)
    guard let last = axes.last(where: { loop.strides[1][$0] == bytes }) else {
      return (loop, loop.elementCount == 1 ? .contiguous : .strided)
    }
    let others = axes.filter { $0 != last }
    switch loop.strides[0][last] {
    case bytes: return (loop.reordered(others + [last]), .contiguous)
    case 0: return (loop.reordered(others + [last]), .fill)
    default: break
    }
    guard let first = others.last(where: { loop.strides[0][$0] == bytes }) else {
      return (loop.reordered(others + [last]), .strided)
    }
    return (loop.reordered(others.filter { $0 != first } + [first, last]), .transpose)
  }

  package var spec: KernelSpec {
    let type: ElementType =
      switch elementBytes {
      case 1: .u8
      case 2: .u16
      case 4: .u32
      default: .u64
      }
    return KernelSpec(.move, [type, type], [.init("form", form.rawValue)])
  }

  package func call(input: KernelCall.Operand = .input(0)) -> KernelCall {
    KernelCall(
      spec: spec, arguments: MoveKernel.layout.record(loop.arguments(["in", "out"])),
      operands: [input, .output], tileCount: tileCount, scratchBytes: 0, work: loop.elementCount)
  }

  /// Rows of the input's contiguous axis that one tile transposes.
  package static let transposeRows = 16

  private var tileCount: Int {
    guard form == .transpose else { return loop.tileCount }
    let rows = loop.extents[loop.extents.count - 2]
    return loop.outer / rows * ceilDivide(rows, MoveKernel.transposeRows)
  }

  package static let layout = ArgumentLayout("qc_move_args", StridedLoop.fields(["in", "out"]))
}

extension KernelFamily {
  package static let move = KernelFamily("move")
}
