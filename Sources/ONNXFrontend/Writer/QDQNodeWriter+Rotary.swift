import Diagnostics
import GraphIR
import Tensors

extension QDQNodeWriter {
  /// Writes a rotation as its definition: the two elements of every pair, turned and joined.
  func write(_ rotary: RotaryEmbedding, _ writer: inout QDQWriter) throws(Diagnostic) {
    let dims = shape(0, writer).dims
    let (axis, size, pairs) = (dims.count - 1, rotary.size, rotary.size / 2)
    let (cosines, sines) = (writer.name(node.operands[1]), writer.name(node.operands[2]))
    let isInterleaved = rotary.pairing == .interleaved
    let first = try part("first", isInterleaved ? (0, size, 2) : (0, pairs, 1), &writer)
    let second = try part("second", isInterleaved ? (1, size, 2) : (pairs, size, 1), &writer)
    var turned = [
      emitInner(
        "Sub",
        [
          emitInner("Mul", [first, cosines], "first_cos", &writer),
          emitInner("Mul", [second, sines], "second_sin", &writer),
        ], "turned_first", &writer),
      emitInner(
        "Add",
        [
          emitInner("Mul", [second, cosines], "second_cos", &writer),
          emitInner("Mul", [first, sines], "first_sin", &writer),
        ], "turned_second", &writer),
    ]
    var last = (op: "Concat", operands: turned, attributes: [Onnx_AttributeProto.int("axis", axis)])
    if isInterleaved {
      let single = try ints(dims.dropLast() + [pairs, 1], "single", &writer)
      turned = turned.map { emitInner("Reshape", [$0, single], "column", &writer) }
      let joined = emitInner("Concat", turned, "joined", &writer, [.int("axis", axis + 1)])
      let whole = try ints(dims.dropLast() + [size], "whole", &writer)
      last = ("Reshape", [joined, whole], [])
    }
    if size < dims[axis] {
      let part = emitInner(last.op, last.operands, "turned", &writer, last.attributes)
      let rest = try self.part("rest", (size, dims[axis], 1), &writer)
      last = ("Concat", [part, rest], [.int("axis", axis)])
    }
    writer.emit(
      Onnx_NodeProto(
        last.op, last.operands, [writer.name(id)], name: node.source, last.attributes))
  }

  /// Elements of the last axis of x.
  private func part(
    _ role: String, _ range: (start: Int, end: Int, step: Int), _ writer: inout QDQWriter
  ) throws(Diagnostic) -> String {
    let axis = shape(0, writer).rank - 1
    let operands = [
      writer.name(node.operands[0]), try ints([range.start], "\(role)_start", &writer),
      try ints([range.end], "\(role)_end", &writer), try ints([axis], "\(role)_axis", &writer),
      try ints([range.step], "\(role)_step", &writer),
    ]
    return emitInner("Slice", operands, role, &writer)
  }
}
