import Diagnostics
import GraphIR
import KernelIR
import Tensors

extension Lowering {
  /// A product with a constant matrix is a 1x1 convolution over the rows; any other one takes
  /// strided views of both operands.
  mutating func lowerMatMul(_ id: ValueID) throws(Diagnostic) {
    let operands = graph.operands(of: id)
    try requireF32(operands, for: id)
    let rhs = graph.shape(of: operands[1])
    if rhs.rank == 2, let weights = graph.constant(operands[1]) {
      let rows = graph.shape(of: id).elementCount / max(rhs[1], 1)
      let lhs = try matrixOperand(operands[0], rows: rows, columns: rhs[0], anyOrder: false)
      let kernel = FloatConvolutionKernel(
        input: lhs.geometry, output: allocateMatrix(id), window: .pixel, epilogue: .none)
      return try emit(kernel.call(rhs: weights.floats, bias: nil), [lhs.view], makes: id)
    }
    try lowerDynamicMatMul(id, operands)
  }

  private mutating func lowerDynamicMatMul(
    _ id: ValueID, _ operands: [ValueID]
  ) throws(Diagnostic) {
    let result = graph.shape(of: id)
    let batch = Array(result.dims.dropLast(2))
    let lhs = try productOperand(operands[0], batch, contiguousColumns: true)
    let rhs = try productOperand(operands[1], batch, contiguousColumns: false)
    _ = allocateRowMajor(id)
    let strides = result.strides.map { $0 * 4 }
    let output = FloatMatMulKernel.Operand(
      batch: Array(strides.dropLast(2)), row: strides[strides.count - 2])
    do throws(Diagnostic) {
      let kernel = try FloatMatMulKernel(
        batch: batch, m: result[result.rank - 2], n: result[result.rank - 1],
        k: graph.shape(of: operands[0]).dims.last ?? 1, lhs: lhs.operand, rhs: rhs.operand,
        output: output)
      try emit(kernel.call(), [lhs.view, rhs.view], makes: id)
    } catch {
      throw Diagnostic(error.code, error.message, at: location(id), hint: error.hint)
    }
  }

  private mutating func productOperand(
    _ id: ValueID, _ batch: [Int], contiguousColumns: Bool
  ) throws(Diagnostic) -> (view: View, operand: FloatMatMulKernel.Operand) {
    var view = try view(id)
    if isInput(view) { view = try copied(view, named: id) }
    let rank = view.shape.rank
    let isReadable =
      view.layout.strides.map { strides in
        !contiguousColumns || view.shape[rank - 1] == 1 || strides[rank - 1] == 4
      } ?? false
    if !isReadable { view = try rowMajor(view, named: id) }
    guard let strides = view.layout.strides else {
      throw Diagnostic(.internalError, "no strides of a matrix", at: location(id))
    }
    let missing = batch.count - (rank - 2)
    let batchStrides = batch.indices.map { axis -> Int in
      axis < missing || view.shape[axis - missing] == 1 ? 0 : strides[axis - missing]
    }
    return (
      view,
      FloatMatMulKernel.Operand(
        origin: view.layout.origin, batch: batchStrides, row: strides[rank - 2],
        column: contiguousColumns ? 4 : strides[rank - 1])
    )
  }
}
