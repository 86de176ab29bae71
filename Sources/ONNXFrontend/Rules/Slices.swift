import Diagnostics
import GraphIR
import Tensors

/// Ops that take parts of a tensor, or join tensors.
let sliceRules: [ImportRule] = [
  ImportRule("Slice", run: importSlice), ImportRule("Split", run: importSplit),
  ImportRule("Gather", run: importGather), ImportRule("Concat", run: importConcat),
]

private func importSlice(_ importer: inout Importer) throws(Diagnostic) {
  try importer.requireOperands(atMost: 5)
  let x = try importer.operand(0)
  let shape = importer.shape(x)
  let starts = try importer.intsGiven(1, "starts", attributeBefore: 10)
  let ends = try importer.intsGiven(2, "ends", attributeBefore: 10)
  let given = try importer.optionalIntsGiven(3, "axes", attributeBefore: 10)
  let steps =
    try importer.optionalIntsOperand(4, "steps") ?? [Int](repeating: 1, count: starts.count)
  let axes = try importer.normalized(given ?? Array(starts.indices), rank: shape.rank)
  guard starts.count == axes.count, ends.count == axes.count, steps.count == axes.count else {
    throw Diagnostic(
      .shapeMismatch, "slice with starts \(starts), ends \(ends), axes \(axes), steps \(steps)")
  }
  var ranges = shape.dims.map { SliceRange(start: 0, step: 1, size: $0) }
  for (index, axis) in axes.enumerated() {
    guard steps[index] != 0 else { throw Diagnostic(.invalidAttribute, "slice with a step of 0") }
    ranges[axis] = SliceRange(
      start: starts[index], end: ends[index], step: steps[index], extent: shape[axis])
  }
  try importer.emitResult(
    .slice(
      Slice(
        starts: ranges.map(\.start), steps: ranges.map(\.step), sizes: ranges.map(\.size))),
    [x])
}

/// What a slice takes of one axis.
struct SliceRange {
  let start: Int
  let step: Int
  let size: Int

  init(start: Int, step: Int, size: Int) {
    self.start = start
    self.step = step
    self.size = size
  }

  /// ONNX's rule: negative positions count from the back, then both are clamped to the axis.
  init(start: Int, end: Int, step given: Int, extent: Int) {
    let step = min(max(given, -extent - 1), extent + 1)
    let (lowest, highest) = step > 0 ? (0, extent) : (-1, extent - 1)
    func position(_ value: Int) -> Int {
      min(max(value < 0 ? value + extent : value, lowest), highest)
    }
    let first = step > 0 ? position(start) : max(position(start), 0)
    let distance = step > 0 ? position(end) - first : first - position(end)
    let size = extent == 0 ? 0 : max(0, (distance + abs(step) - 1) / abs(step))
    self.init(start: size == 0 ? 0 : first, step: size == 0 ? 1 : step, size: size)
  }
}

private func importSplit(_ importer: inout Importer) throws(Diagnostic) {
  let x = try importer.operand(0)
  let shape = importer.shape(x)
  let axis = try shape.normalizedAxis(try importer.attributes.int("axis", default: 0))
  let parts =
    try importer.attributes.optionalInt("num_outputs") ?? importer.node.output.count
  let sizes: [Int]
  if let given = try importer.optionalIntsGiven(1, "split", attributeBefore: 13) {
    sizes = given
  } else {
    guard parts == importer.node.output.count, importer.opset >= 18 || shape[axis] % parts == 0
    else {
      throw Diagnostic(.shapeMismatch, "split of \(shape[axis]) elements into \(parts) parts")
    }
    let chunk = (shape[axis] + parts - 1) / parts
    sizes = (0..<parts).map { min(chunk, max(0, shape[axis] - $0 * chunk)) }
  }
  guard sizes.count == importer.node.output.count,
    sizes.allSatisfy({ (0...shape[axis]).contains($0) }), sizes.reduce(0, +) == shape[axis]
  else {
    throw Diagnostic(.shapeMismatch, "split of [\(shape)] along axis \(axis) into \(sizes)")
  }
  var start = 0
  for (index, size) in sizes.enumerated() {
    var starts = [Int](repeating: 0, count: shape.rank)
    var extents = shape.dims
    starts[axis] = start
    extents[axis] = size
    start += size
    guard importer.isRead(index) else { continue }
    let ones = [Int](repeating: 1, count: shape.rank)
    try importer.emitResult(
      .slice(Slice(starts: starts, steps: ones, sizes: extents)), [x], output: index)
  }
}

private func importGather(_ importer: inout Importer) throws(Diagnostic) {
  try importer.requireOperands(atMost: 2)
  let (x, indices) = (try importer.operand(0), try importer.operand(1))
  let shape = importer.shape(x)
  let axis = try shape.normalizedAxis(try importer.attributes.int("axis", default: 0))
  try importer.requireIndices(indices, axis: axis, of: shape)
  try importer.emitResult(.gather(Gather(axis: axis)), [x, indices])
}

extension Importer {
  /// - Throws: `QC1007` when one of constant indices lies outside of the axis.
  func requireIndices(
    _ indices: ValueID, axis: Int, of shape: Shape
  ) throws(Diagnostic) {
    let extent = Int64(shape[axis])
    guard
      let wrong = graph.constant(indices)?.integers?.first(where: {
        !(-extent..<extent).contains($0)
      })
    else { return }
    throw Diagnostic(
      .invalidAttribute, "index \(wrong) lies outside of axis \(axis) of [\(shape)]")
  }
}

private func importConcat(_ importer: inout Importer) throws(Diagnostic) {
  var operands: [ValueID] = []
  for index in 0..<importer.operandCount { operands.append(try importer.operand(index)) }
  guard let first = operands.first, let axis = try importer.attributes.optionalInt("axis") else {
    throw Diagnostic(.invalidAttribute, "Concat needs operands and the attribute 'axis'")
  }
  let front = try importer.shape(first).normalizedAxis(axis)
  try importer.emitResult(.concat(Concatenation(axis: front)), operands)
}
