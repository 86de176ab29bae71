import Diagnostics
import GraphIR
import Tensors

/// Ops that take single elements, or slices, at positions along several axes: each becomes a gather
/// along one axis, the positions counted row-major.
let gatherElementsRules: [ImportRule] = [
  ImportRule("GatherElements", since: 11, run: importGatherElements),
  ImportRule("GatherND", since: 11, run: importGatherND),
]

private func importGatherElements(_ importer: inout Importer) throws(Diagnostic) {
  try importer.requireOperands(atMost: 2)
  let (x, indices) = (try importer.operand(0), try importer.operand(1))
  let (shape, result) = (importer.shape(x), importer.shape(indices))
  let axis = try shape.normalizedAxis(try importer.attributes.int("axis", default: 0))
  guard result.rank == shape.rank,
    shape.dims.indices.allSatisfy({ $0 == axis || result[$0] <= shape[$0] })
  else {
    throw Diagnostic(
      .shapeMismatch, "GatherElements of [\(shape)] by [\(result)] along axis \(axis)")
  }
  try importer.requireIndices(indices, axis: axis, of: shape)
  let strides = RowMajorStrides(shape.dims)
  let along = try importer.positions(indices, extent: shape[axis], stride: strides[axis])
  let others = shape.dims.indices.map { $0 == axis ? 0 : strides[$0] }
  let positions = try importer.shifted(along, over: result.dims, strides: others)
  let flat = try importer.emitReshape(x, [shape.elementCount])
  try importer.emitResult(.gather(Gather(axis: 0)), [flat, positions])
}

private func importGatherND(_ importer: inout Importer) throws(Diagnostic) {
  try importer.requireOperands(atMost: 2)
  let (x, indices) = (try importer.operand(0), try importer.operand(1))
  let (dims, given) = (importer.shape(x).dims, importer.shape(indices).dims)
  let batch = try importer.attributes.int("batch_dims", default: 0)
  guard let depth = given.last, batch >= 0, batch < given.count, depth > 0,
    batch + depth <= dims.count, given.prefix(batch).elementsEqual(dims.prefix(batch))
  else {
    throw Diagnostic(
      .shapeMismatch,
      "GatherND of [\(importer.shape(x))] by [\(importer.shape(indices))], \(batch) axes in step")
  }
  for (place, index) in (importer.graph.constant(indices)?.integers ?? []).enumerated() {
    let axis = batch + place % depth
    guard (-dims[axis]..<dims[axis]).contains(Int(index)) else {
      throw Diagnostic(
        .invalidAttribute,
        "index \(index) lies outside of axis \(axis) of [\(importer.shape(x))]")
    }
  }
  let lead = Array(dims.prefix(batch + depth))
  let strides = RowMajorStrides(lead)
  let result = Array(given.dropLast())
  var positions: ValueID?
  for index in 0..<depth {
    var (starts, sizes) = (given.map { _ in 0 }, given)
    (starts[given.count - 1], sizes[given.count - 1]) = (index, 1)
    let part = try importer.emit(
      .slice(Slice(starts: starts, steps: given.map { _ in 1 }, sizes: sizes)), [indices])
    let along = try importer.positions(
      try importer.emitReshape(part, result), extent: dims[batch + index],
      stride: strides[batch + index])
    positions =
      try positions.map { (known) throws(Diagnostic) in
        try importer.emit(.binary(.add), [known, along])
      } ?? along
  }
  guard var positions else { throw Diagnostic(.internalError, "GatherND without positions") }
  let others = result.indices.map { $0 < batch ? strides[$0] : 0 }
  positions = try importer.shifted(positions, over: result, strides: others)
  let rows = try importer.emitReshape(
    x, [lead.reduce(1, *)] + Array(dims.dropFirst(lead.count)))
  try importer.emitResult(.gather(Gather(axis: 0)), [rows, positions])
}

/// Elements from one position of an axis to the next.
private struct RowMajorStrides {
  private let strides: [Int]

  init(_ dims: [Int]) { strides = dims.indices.map { dims[($0 + 1)...].reduce(1, *) } }

  subscript(axis: Int) -> Int { strides[axis] }
}

extension Importer {
  /// `stride` times the indices, as i64; negative ones count from the back of the axis.
  fileprivate mutating func positions(
    _ indices: ValueID, extent: Int, stride: Int
  ) throws(Diagnostic) -> ValueID {
    var wide = indices
    if type(wide).element != .i64 { wide = try emit(.cast(Cast(.i64)), [wide]) }
    let zero = emitConstant(try Tensor.int64s([0], []))
    let size = emitConstant(try Tensor.int64s([Int64(extent)], []))
    let isNegative = try emit(.binary(.less), [wide, zero])
    let fromBack = try emit(.binary(.add), [wide, size])
    let counted = try emit(.select, [isNegative, fromBack, wide])
    guard stride != 1 else { return counted }
    return try emit(
      .binary(.mul), [counted, emitConstant(try Tensor.int64s([Int64(stride)], []))])
  }

  /// The positions, moved by where each stands itself: `Σ strides[a] · place[a]`.
  fileprivate mutating func shifted(
    _ positions: ValueID, over dims: [Int], strides: [Int]
  ) throws(Diagnostic) -> ValueID {
    var moved = positions
    for (axis, stride) in strides.enumerated() where stride > 0 && dims[axis] > 1 {
      var shape = dims.map { _ in 1 }
      shape[axis] = dims[axis]
      let places = (0..<dims[axis]).map { Int64($0 * stride) }
      moved = try emit(
        .binary(.add), [moved, emitConstant(try Tensor.int64s(places, shape))])
    }
    return moved
  }
}
