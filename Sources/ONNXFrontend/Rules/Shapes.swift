import Diagnostics
import GraphIR
import Tensors

/// Ops that change or ask the shape.
let shapeRules: [ImportRule] = [
  ImportRule("Reshape", run: importReshape),
  ImportRule("Flatten", run: importFlatten),
  ImportRule("Squeeze", run: importSqueeze),
  ImportRule("Unsqueeze", run: importUnsqueeze),
  ImportRule("Expand", since: 8, run: importExpand),
  ImportRule("Transpose", run: importTranspose),
  ImportRule("Shape", run: importShape),
  ImportRule("Size") { importer throws(Diagnostic) in
    let x = try importer.operand(0)
    let count = importer.shape(x).elementCount
    importer.emitConstantResult(try Tensor.int64s([Int64(count)], []))
  },
]

private func importReshape(_ importer: inout Importer) throws(Diagnostic) {
  try importer.requireOperands(atMost: 2)
  let x = try importer.operand(0)
  let allowsZero = try importer.attributes.bool("allowzero", default: false)
  var dims = try importer.intsOperand(1, "shape")
  let old = importer.shape(x)
  var open: Int?
  for (axis, dim) in dims.enumerated() {
    if dim == 0, !allowsZero {
      guard axis < old.rank else {
        throw Diagnostic(.shapeMismatch, "reshape of [\(old)] to \(dims): axis \(axis) is missing")
      }
      dims[axis] = old[axis]
    } else if dim == -1 {
      guard open == nil else {
        throw Diagnostic(.shapeMismatch, "reshape to \(dims): several extents are open")
      }
      open = axis
      dims[axis] = 1
    }
  }
  if let open {
    let known = try Shape(checked: dims).elementCount
    guard known > 0, old.elementCount % known == 0 else {
      throw Diagnostic(
        .shapeMismatch, "reshape of [\(old)]: no extent of axis \(open) fits \(dims)")
    }
    dims[open] = old.elementCount / known
  }
  try importer.emitResult(.reshape(Reshape(try Shape(checked: dims))), [x])
}

private func importFlatten(_ importer: inout Importer) throws(Diagnostic) {
  let x = try importer.operand(0)
  let old = importer.shape(x)
  let given = try importer.attributes.int("axis", default: 1)
  guard (-old.rank...old.rank).contains(given) else {
    throw Diagnostic(.invalidAttribute, "axis \(given) is outside of rank \(old.rank)")
  }
  let axis = given < 0 ? given + old.rank : given
  let shape = try Shape([
    old.dims[..<axis].reduce(1, *), old.dims[axis...].reduce(1, *),
  ])
  try importer.emitResult(.reshape(Reshape(shape)), [x])
}

private func importSqueeze(_ importer: inout Importer) throws(Diagnostic) {
  let x = try importer.operand(0)
  let old = importer.shape(x)
  let given = try importer.axesGiven()
  let axes: [Int]
  if let given {
    axes = try importer.normalized(given, rank: old.rank)
    guard axes.allSatisfy({ old[$0] == 1 }) else {
      throw Diagnostic(.shapeMismatch, "squeeze of [\(old)]: the axes \(given) are not of extent 1")
    }
  } else {
    axes = old.dims.indices.filter { old[$0] == 1 }
  }
  let dims = old.dims.indices.filter { !axes.contains($0) }.map { old[$0] }
  try importer.emitResult(.reshape(Reshape(try Shape(dims))), [x])
}

private func importUnsqueeze(_ importer: inout Importer) throws(Diagnostic) {
  let x = try importer.operand(0)
  let old = importer.shape(x)
  guard let given = try importer.axesGiven() else {
    throw Diagnostic(.missingInput, "Unsqueeze needs its axes")
  }
  guard given.count <= Shape.rankLimit else {
    throw Diagnostic(.shapeOverflow, "unsqueeze by \(given.count) axes")
  }
  let axes = try importer.normalized(given, rank: old.rank + given.count)
  var dims: [Int] = []
  var rest = old.dims[...]
  for axis in 0..<old.rank + given.count {
    if axes.contains(axis) {
      dims.append(1)
    } else if let next = rest.popFirst() {
      dims.append(next)
    }
  }
  try importer.emitResult(.reshape(Reshape(try Shape(checked: dims))), [x])
}

private func importExpand(_ importer: inout Importer) throws(Diagnostic) {
  let x = try importer.operand(0)
  let target = try Shape(checked: try importer.intsOperand(1, "shape"))
  guard let shape = importer.shape(x).broadcast(with: target) else {
    throw Diagnostic(.shapeMismatch, "expand of [\(importer.shape(x))] to [\(target)]")
  }
  try importer.emitResult(.expand(Reshape(shape)), [x])
}

private func importTranspose(_ importer: inout Importer) throws(Diagnostic) {
  let x = try importer.operand(0)
  let rank = importer.shape(x).rank
  let permutation = try importer.attributes.ints("perm") ?? Array((0..<rank).reversed())
  guard permutation.count == rank else {
    throw Diagnostic(
      .shapeMismatch, "transpose of [\(importer.shape(x))] by \(permutation)")
  }
  try importer.emitResult(.transpose(try Transpose(permutation)), [x])
}

/// The extents of axes `start ..< end`, both clamped to the rank.
private func importShape(_ importer: inout Importer) throws(Diagnostic) {
  let x = try importer.operand(0)
  let dims = importer.shape(x).dims
  func position(_ axis: Int) -> Int {
    min(max(axis < 0 ? axis + dims.count : axis, 0), dims.count)
  }
  let start = position(try importer.attributes.int("start", default: 0))
  let end = position(try importer.attributes.int("end", default: dims.count))
  let taken = start < end ? Array(dims[start..<end]) : []
  importer.emitConstantResult(try Tensor.int64s(taken.map { Int64($0) }, [taken.count]))
}
