import Diagnostics
import Tensors

/// `rotary`: turns pairs of the first elements of each head by angles, and copies the others.
///
/// x and the result are f32 or u8; cosines and sines are f32, one for each pair. The elements of a
/// head are contiguous on either side, heads lie as the loop says. A tile is some heads. Buffers: x,
/// cosines, sines, output.
package struct RotaryKernel: Hashable, Sendable {
  /// What x or the result is stored as.
  package enum Store: Hashable, Sendable {
    case float
    /// Bytes in steps of `scale` around `zeroPoint`.
    case bytes(scale: Float, zeroPoint: Int32)

    package var element: ElementType { self == .float ? .f32 : .u8 }
  }

  /// Where the heads of x, of its angles and of the result lie.
  package struct Heads: Hashable, Sendable {
    package let extents: [Int]
    /// Bytes along each axis, for x, cosines, sines and the result.
    package let strides: [[Int]]
    /// The byte of the first element, likewise.
    package let origins: [Int]

    package init(extents: [Int], strides: [[Int]], origins: [Int] = [0, 0, 0, 0]) {
      precondition(strides.count == 4 && origins.count == 4, "x, cosines, sines and the result")
      self.extents = extents
      self.strides = strides
      self.origins = origins
    }
  }

  /// Pairs are neighbours; else they lie `size / 2` apart.
  package let isInterleaved: Bool
  /// Elements of a head that turn: even.
  package let size: Int
  /// Elements of a head.
  package let width: Int
  package let input: Store
  package let output: Store
  /// The heads that share their angles are the innermost axis.
  package let loop: StridedLoop

  /// - Throws: `QC2005` when the heads lie along too many axes.
  package init(
    isInterleaved: Bool, size: Int, width: Int, input: Store, output: Store, heads: Heads
  ) throws(Diagnostic) {
    precondition(size > 0 && size.isMultiple(of: 2) && size <= width, "\(size) of \(width)")
    self.isInterleaved = isInterleaved
    self.size = size
    self.width = width
    self.input = input
    self.output = output
    let loop = try StridedLoop(
      extents: heads.extents, strides: heads.strides, origins: heads.origins)
    let axes = Array(loop.extents.indices)
    let sharing = axes.filter { loop.strides[1][$0] == 0 && loop.strides[2][$0] == 0 }
    let inner = sharing.min { abs(loop.strides[0][$0]) < abs(loop.strides[0][$1]) }
    self.loop = inner.map { axis in loop.reordered(axes.filter { $0 != axis } + [axis]) } ?? loop
  }

  /// The whole head turns and fills a vector, or divides it: heads that lie behind each other are
  /// worked on together.
  private var isPacked: Bool { size == width && width <= 16 && 16 % width == 0 }

  package var spec: KernelSpec {
    KernelSpec(
      .rotary, [input.element, .f32, output.element],
      [.init("interleaved", isInterleaved ? 1 : 0), .init("packed", isPacked ? width : 0)])
  }

  private var headsPerTile: Int { max(1, StridedLoop.tileElements / width) }

  package func call() -> KernelCall {
    var values = loop.arguments(RotaryKernel.names)
    let rowsPerTile = max(1, headsPerTile / loop.inner)
    let tilesPerRow = ceilDivide(loop.inner, headsPerTile)
    values["rows_per_tile"] = .u32(rowsPerTile)
    values["tiles_per_row"] = .u32(tilesPerRow)
    values["tile_elements"] = .u32(headsPerTile)
    values["size"] = .u32(size)
    values["width"] = .u32(width)
    for (name, store) in [("x", input), ("out", output)] {
      var (scale, zeroPoint) = (Float(1), Int32(0))
      if case .bytes(let own, let zero) = store { (scale, zeroPoint) = (own, zero) }
      values["\(name)_step"] = .f32(scale)
      values["\(name)_zero_point"] = .i32(zeroPoint)
      if name == "out" { values["inverse_step"] = .f32(1 / scale) }
    }
    return KernelCall(
      spec: spec, arguments: RotaryKernel.layout.record(values),
      operands: [.input(0), .input(1), .input(2), .output],
      tileCount: ceilDivide(loop.outer, rowsPerTile) * tilesPerRow, scratchBytes: 0,
      work: loop.elementCount * width * 3)
  }

  package static let names = ["x", "cosine", "sine", "out"]

  package static let layout = ArgumentLayout(
    "qc_rotary_args",
    StridedLoop.fields(names) + [
      .init("size", .u32, "elements of a head that turn"),
      .init("width", .u32, "elements of a head"),
      .init("x_step", .f32, "of bytes of x"), .init("x_zero_point", .i32, "of bytes of x"),
      .init("out_step", .f32, "of bytes of the result"),
      .init("inverse_step", .f32, "1 / out_step"),
      .init("out_zero_point", .i32, "of bytes of the result"),
    ])
}

extension KernelFamily {
  package static let rotary = KernelFamily("rotary")
}
