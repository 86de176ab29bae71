import Diagnostics
import Tensors

/// `gemmf`: f32 `lhs[m, k] · rhs[k, n]` of two activations, a chain of fma in ascending k, for every
/// matrix of a batch; then bias and clamp.
///
/// Any of the operands may be a transposed or strided view; only the k of lhs and the n of the
/// result are contiguous. Buffers: lhs, rhs, bias (n values) if there is one, output. A tile is
/// ``blockRows`` rows of ``blockColumns`` columns of one matrix.
package struct FloatMatMulKernel: Hashable, Sendable {
  package static let blockRows = 48
  package static let blockColumns = 32

  /// Where the matrices of one operand lie, in bytes.
  package struct Operand: Hashable, Sendable {
    package let origin: Int
    /// One stride per axis of the batch; 0 where the operand is broadcast.
    package let batch: [Int]
    package let row: Int
    package let column: Int

    package init(origin: Int = 0, batch: [Int], row: Int, column: Int = 4) {
      self.origin = origin
      self.batch = batch
      self.row = row
      self.column = column
    }
  }

  /// The extents of the batch's axes; at most four after the ones that can be joined are.
  package let batch: [Int]
  package let m: Int
  package let n: Int
  package let k: Int
  package let lhs: Operand
  package let rhs: Operand
  package let output: Operand
  package let hasBias: Bool
  package let lower: Float?
  package let upper: Float?

  /// - Throws: `QC2005` for a batch of more than four axes that cannot be joined.
  package init(
    batch: [Int], m: Int, n: Int, k: Int, lhs: Operand, rhs: Operand, output: Operand,
    hasBias: Bool = false, lower: Float? = nil, upper: Float? = nil
  ) throws(Diagnostic) {
    precondition(m > 0 && n > 0 && k > 0, "an empty product")
    precondition(lhs.column == 4 && output.column == 4, "k of lhs, n of the result are contiguous")
    let loop = try StridedLoop(
      extents: batch, strides: [lhs.batch, rhs.batch, output.batch],
      origins: [lhs.origin, rhs.origin, output.origin], axisLimit: 4)
    self.batch = loop.extents
    self.lhs = Operand(origin: lhs.origin, batch: loop.strides[0], row: lhs.row)
    self.rhs = Operand(
      origin: rhs.origin, batch: loop.strides[1], row: rhs.row, column: rhs.column)
    self.output = Operand(origin: output.origin, batch: loop.strides[2], row: output.row)
    (self.m, self.n, self.k) = (m, n, k)
    self.hasBias = hasBias
    self.lower = lower
    self.upper = upper
  }

  package var spec: KernelSpec {
    KernelSpec(
      .floatMatMul, [.f32, .f32, .f32],
      [.init("bias", hasBias ? 1 : 0)])
  }

  /// The call; `bias` says where the n bias values are, the next input by default.
  package func call(bias: KernelCall.Operand = .input(2)) -> KernelCall {
    let matrices = batch.reduce(1, *)
    return KernelCall(
      spec: spec, arguments: FloatMatMulKernel.layout.record(arguments),
      operands: [.input(0), .input(1)] + (hasBias ? [bias] : []) + [.output],
      tileCount: matrices * rowBlocks * columnBlocks,
      scratchBytes: 4 * k * FloatMatMulKernel.blockColumns,
      work: matrices * m * n * k)
  }

  private var rowBlocks: Int { ceilDivide(m, FloatMatMulKernel.blockRows) }
  private var columnBlocks: Int { ceilDivide(n, FloatMatMulKernel.blockColumns) }

  private static func fields(_ name: String) -> [ArgumentLayout.Field] {
    [
      .init("\(name)_origin", .u32, "byte of the first element of \(name)"),
      .init("\(name)_row", .i32, "bytes from row to row"),
      .init("\(name)_column", .i32, "bytes from column to column"),
    ] + (0..<4).map { .init("\(name)_batch\($0)", .i32, "bytes along batch axis \($0)") }
  }

  package static let layout = ArgumentLayout(
    "qc_gemmf_args",
    (0..<4).map { .init("batch\($0)", .u32, "extent of batch axis \($0)") }
      + [
        .init("m", .u32, "rows of lhs and result"), .init("n", .u32, "columns of rhs and result"),
        .init("k", .u32, "columns of lhs, rows of rhs"),
        .init("row_blocks", .u32, "blocks of rows of one matrix"),
        .init("column_blocks", .u32, "blocks of columns of one matrix"),
        .init("lower", .f32, "smallest result"), .init("upper", .f32, "largest result"),
      ] + fields("lhs") + fields("rhs") + fields("output"))

  private var arguments: ArgumentLayout.Values {
    var values: ArgumentLayout.Values = [
      "m": .u32(m), "n": .u32(n), "k": .u32(k), "row_blocks": .u32(rowBlocks),
      "column_blocks": .u32(columnBlocks), "lower": .f32(lower ?? -.infinity),
      "upper": .f32(upper ?? .infinity),
    ]
    for (name, operand) in [("lhs", lhs), ("rhs", rhs), ("output", output)] {
      values["\(name)_origin"] = .u32(operand.origin)
      values["\(name)_row"] = .i32(Int32(operand.row))
      values["\(name)_column"] = .i32(Int32(operand.column))
      for axis in 0..<4 {
        let index = axis - (4 - batch.count)
        values["\(name)_batch\(axis)"] = .i32(index < 0 ? 0 : Int32(operand.batch[index]))
        values["batch\(axis)"] = .u32(index < 0 ? 1 : batch[index])
      }
    }
    return values
  }
}

extension KernelFamily {
  package static let floatMatMul = KernelFamily("gemmf")
}
