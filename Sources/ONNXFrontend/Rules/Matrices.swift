import Diagnostics
import GraphIR
import Tensors

/// Matrix products.
let matrixRules: [ImportRule] = [
  ImportRule("MatMul") { importer throws(Diagnostic) in
    try importer.requireOperands(atMost: 2)
    try importer.emitMatMul(try importer.operand(0), try importer.operand(1))
  },
  ImportRule("Gemm", run: importGemm),
]

extension Importer {
  /// The product by numpy's rule: an operand of rank 1 gets an axis, which the result drops.
  mutating func emitMatMul(_ lhs: ValueID, _ rhs: ValueID) throws(Diagnostic) {
    let (left, right) = (shape(lhs).dims, shape(rhs).dims)
    guard !left.isEmpty, !right.isEmpty else {
      throw Diagnostic(.shapeMismatch, "MatMul does not take scalars")
    }
    guard left.count == 1 || right.count == 1 else {
      return try emitResult(.matMul, [lhs, rhs])
    }
    let matrix = left.count == 1 ? try emitReshape(lhs, [1] + left) : lhs
    let other = right.count == 1 ? try emitReshape(rhs, right + [1]) : rhs
    let product = try emit(.matMul, [matrix, other])
    var dims = shape(product).dims
    if right.count == 1 { dims.removeLast() }
    if left.count == 1 { dims.remove(at: dims.count - (right.count == 1 ? 1 : 2)) }
    try emitResult(.reshape(Reshape(try Shape(dims))), [product])
  }

  mutating func emitReshape(_ id: ValueID, _ dims: [Int]) throws(Diagnostic) -> ValueID {
    let target = try Shape(checked: dims)
    guard target != shape(id) else { return id }
    return try emit(.reshape(Reshape(target)), [id])
  }
}

/// `alpha * A' * B' + beta * C`, as transpose, matmul, mul and add.
private func importGemm(_ importer: inout Importer) throws(Diagnostic) {
  try importer.requireOperands(atMost: 3)
  let alpha = try importer.attributes.float("alpha", default: 1)
  let beta = try importer.attributes.float("beta", default: 1)
  let transposes = [
    try importer.attributes.bool("transA", default: false),
    try importer.attributes.bool("transB", default: false),
  ]
  var operands: [ValueID] = []
  for index in 0..<2 {
    let id = try importer.operand(index)
    guard importer.shape(id).rank == 2 else {
      throw Diagnostic(.shapeMismatch, "Gemm takes matrices, got [\(importer.shape(id))]")
    }
    let turned = transposes[index]
    operands.append(turned ? try importer.emit(.transpose(Transpose([1, 0])), [id]) : id)
  }
  let addend = beta == 0 ? nil : try importer.optionalOperand(2)
  if alpha == 1, addend == nil { return try importer.emitResult(.matMul, operands) }
  let product = try importer.emit(.matMul, operands)
  let factor = try importer.scalar(alpha, like: product)
  guard let addend else { return try importer.emitResult(.binary(.mul), [product, factor]) }
  let result = importer.shape(product)
  guard importer.shape(addend).broadcast(with: result) == result else {
    throw Diagnostic(
      .shapeMismatch, "Gemm adds [\(importer.shape(addend))] to a product of [\(result)]")
  }
  let scaled = alpha == 1 ? product : try importer.emit(.binary(.mul), [product, factor])
  let share = try importer.scalar(beta, like: product)
  let term = beta == 1 ? addend : try importer.emit(.binary(.mul), [addend, share])
  try importer.emitResult(.binary(.add), [scaled, term])
}
