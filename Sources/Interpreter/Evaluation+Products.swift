import CReference
import Diagnostics
import GraphIR
import Tensors

extension Evaluation {
  static let memoryShort = Diagnostic(.internalError, "memory is short")

  func convolution(_ conv: Convolution) throws(Diagnostic) -> Tensor {
    var geometry = try conv.geometry(
      x: operands[0].shape, weights: operands[1].shape, result: type.shape)
    let x = try operands[0].tensor.asFloats()
    let weights = try operands[1].tensor.asFloats()
    let bias = operands.count > 2 ? try operands[2].tensor.asFloats() : nil
    var y = [Float](repeating: 0, count: type.shape.elementCount)
    guard qr_conv_f32(&geometry, x, weights, bias, &y) else { throw Evaluation.memoryShort }
    return try Tensor.rounding(y, to: type.element, type.shape)
  }

  func matMul() throws(Diagnostic) -> Tensor {
    let product = try MatrixProduct(operands[0].tensor, operands[1].tensor, result: type.shape)
    if type.element == .f64 || !type.element.isFloat { return try wideMatMul(product) }
    let (lhs, rhs) = (try product.lhs.asFloats(), try product.rhs.asFloats())
    var y = [Float](repeating: 0, count: type.shape.elementCount)
    guard
      qr_matmul_f32(
        Int64(product.batch), Int64(product.m), Int64(product.k), Int64(product.n), lhs, rhs, &y)
    else { throw Evaluation.memoryShort }
    return try Tensor.rounding(y, to: type.element, type.shape)
  }

  /// Products of f64 in fp64, and of integers modulo their width.
  private func wideMatMul(_ product: MatrixProduct) throws(Diagnostic) -> Tensor {
    if type.element == .f64 {
      let y = product.sums(product.lhs.doubles, product.rhs.doubles, zero: 0) {
        $2.addingProduct($0, $1)
      }
      return try Tensor(.f64, type.shape, y)
    }
    guard let lhs = product.lhs.integers, let rhs = product.rhs.integers, type.element != .bool
    else { throw unsupported(type.element.rawValue) }
    return try Tensor.integers(
      type.element, type.shape, product.sums(lhs, rhs, zero: 0) { $2 &+ $0 &* $1 })
  }
}

/// The operands of `[…, m, k] · […, k, n]` with their leading axes made equal.
struct MatrixProduct {
  let batch: Int
  let m: Int
  let k: Int
  let n: Int
  let lhs: Tensor
  let rhs: Tensor

  init(_ lhs: Tensor, _ rhs: Tensor, result: Shape) throws(Diagnostic) {
    let leading = Array(result.dims.dropLast(2))
    k = lhs.shape[lhs.shape.rank - 1]
    n = rhs.shape[rhs.shape.rank - 1]
    let rows = lhs.shape[lhs.shape.rank - 2]
    self.lhs = try lhs.broadcast(to: Shape(leading + [rows, k]))
    // One matrix for all: the leading axes are more rows.
    if rhs.shape.dims.dropLast(2).allSatisfy({ $0 == 1 }) {
      batch = 1
      m = leading.reduce(rows, *)
      self.rhs = rhs
    } else {
      batch = leading.reduce(1, *)
      m = rows
      self.rhs = try rhs.broadcast(to: Shape(leading + [k, n]))
    }
  }

  /// Chains of `step(lhs, rhs, sum)` in ascending k.
  func sums<Number>(
    _ lhs: [Number], _ rhs: [Number], zero: Number, _ step: (Number, Number, Number) -> Number
  ) -> [Number] {
    var result: [Number] = []
    result.reserveCapacity(batch * m * n)
    for b in 0..<batch {
      for row in 0..<m {
        for column in 0..<n {
          var sum = zero
          for p in 0..<k {
            sum = step(lhs[(b * m + row) * k + p], rhs[(b * k + p) * n + column], sum)
          }
          result.append(sum)
        }
      }
    }
    return result
  }
}
