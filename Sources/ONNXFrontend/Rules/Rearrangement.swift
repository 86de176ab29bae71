import Diagnostics
import GraphIR
import Tensors

/// Ops that are reshapes, transposes and expansions.
let rearrangementRules: [ImportRule] = [
  ImportRule("Tile", run: importTile),
  ImportRule("DepthToSpace", run: importDepthToSpace),
  ImportRule("SpaceToDepth", run: importSpaceToDepth),
]

/// Every axis gets an axis of repetitions before it, and both are joined.
private func importTile(_ importer: inout Importer) throws(Diagnostic) {
  let x = try importer.operand(0)
  let shape = importer.shape(x)
  let repeats = try importer.intsOperand(1, "repeats")
  guard repeats.count == shape.rank, repeats.allSatisfy({ (0...Shape.elementLimit).contains($0) })
  else { throw Diagnostic(.shapeMismatch, "tile of [\(shape)] by \(repeats)") }
  let pairs = zip(repeats, shape.dims)
  let separated = try Shape(checked: shape.dims.flatMap { [1, $0] })
  let spread = try importer.emit(.reshape(Reshape(separated)), [x])
  let expanded = try Shape(checked: pairs.flatMap { [$0.0, $0.1] })
  let repeated = try importer.emit(.expand(Reshape(expanded)), [spread])
  let result = try Shape(pairs.map { $0.0 * $0.1 })
  try importer.emitResult(.reshape(Reshape(result)), [repeated])
}

extension Importer {
  /// Takes `blocksize` of an image op.
  ///
  /// - Throws: `QC1001` when the operand has not four axes, `QC1007` for a block below 1 or beyond 1024.
  fileprivate mutating func blockSize(_ shape: Shape) throws(Diagnostic) -> Int {
    let block = try attributes.int("blocksize", default: 0)
    guard (1...1024).contains(block) else {
      throw Diagnostic(.invalidAttribute, "blocksize is \(block)")
    }
    guard shape.rank == 4 else {
      throw Diagnostic(.shapeMismatch, "\(node.opType) of [\(shape)], which has not four axes")
    }
    return block
  }

  /// `x` under the shape `split`, transposed, under the shape `joined`.
  fileprivate mutating func emitRearranged(
    _ x: ValueID, split: [Int], permutation: [Int], joined: [Int]
  ) throws(Diagnostic) {
    let spread = try emit(.reshape(Reshape(try Shape(split))), [x])
    let turned = try emit(.transpose(Transpose(permutation)), [spread])
    try emitResult(.reshape(Reshape(try Shape(joined))), [turned])
  }
}

private func importDepthToSpace(_ importer: inout Importer) throws(Diagnostic) {
  let x = try importer.operand(0)
  let shape = importer.shape(x)
  let block = try importer.blockSize(shape)
  let mode = try importer.attributes.string("mode", default: "DCR")
  guard ["DCR", "CRD"].contains(mode), shape[1] % (block * block) == 0 else {
    throw Diagnostic(
      .shapeMismatch, "DepthToSpace of [\(shape)] by \(block) in the mode '\(mode)'")
  }
  let depth = shape[1] / (block * block)
  let joined = [shape[0], depth, shape[2] * block, shape[3] * block]
  if mode == "DCR" {
    try importer.emitRearranged(
      x, split: [shape[0], block, block, depth, shape[2], shape[3]],
      permutation: [0, 3, 4, 1, 5, 2], joined: joined)
  } else {
    try importer.emitRearranged(
      x, split: [shape[0], depth, block, block, shape[2], shape[3]],
      permutation: [0, 1, 4, 2, 5, 3], joined: joined)
  }
}

private func importSpaceToDepth(_ importer: inout Importer) throws(Diagnostic) {
  let x = try importer.operand(0)
  let shape = importer.shape(x)
  let block = try importer.blockSize(shape)
  guard shape[2] % block == 0, shape[3] % block == 0 else {
    throw Diagnostic(.shapeMismatch, "SpaceToDepth of [\(shape)] by \(block)")
  }
  let (height, width) = (shape[2] / block, shape[3] / block)
  try importer.emitRearranged(
    x, split: [shape[0], shape[1], height, block, width, block],
    permutation: [0, 3, 5, 1, 2, 4],
    joined: [shape[0], shape[1] * block * block, height, width])
}
