import Diagnostics
import GraphIR
import Tensors

extension QDQNodeWriter {
  /// Writes an attention as its definition: two products around a softmax.
  ///
  /// Probabilities that are rounded pass a pair of `QuantizeLinear` and `DequantizeLinear`.
  func write(_ attention: Attention, _ writer: inout QDQWriter) throws(Diagnostic) {
    let rank = shape(0, writer).rank
    let exchange = Array(0..<rank - 2) + [rank - 1, rank - 2]
    let keys = try repeated(1, "keys", &writer)
    let values = try repeated(2, "values", &writer)
    let turned = emitInner(
      "Transpose", [keys], "turned", &writer, [.ints("perm", exchange)])
    let q = writer.name(node.operands[0])
    let scale = writer.operand(
      try Tensor.floats([attention.scale], []), "\(writer.name(id))_scale")
    let product = emitInner("MatMul", [q, turned], "product", &writer)
    var scores = emitInner("Mul", [product, scale], "scores", &writer)
    if node.operands.count > 3 {
      scores = emitInner("Add", [scores, writer.name(node.operands[3])], "masked", &writer)
    }
    if attention.probabilities == .unnormalized {
      return try writeUnnormalized(scores, values, &writer)
    }
    var probabilities = emitInner(
      "Softmax", [scores], "probabilities", &writer, [.int("axis", rank - 1)])
    if attention.isSafe { probabilities = try safe(probabilities, &writer) }
    if attention.probabilities == .faithful {
      probabilities = try rounded(probabilities, &writer)
    }
    writer.emit(
      Onnx_NodeProto("MatMul", [probabilities, values], [writer.name(id)], name: node.source))
  }

  /// Exponentials of the distance to the maximum, rounded, and divided by their sum at the end.
  private func writeUnnormalized(
    _ scores: String, _ values: String, _ writer: inout QDQWriter
  ) throws(Diagnostic) {
    let axes = try ints([shape(0, writer).rank - 1], "axes", &writer)
    let keeps = Onnx_AttributeProto.bool("keepdims", true)
    let step = writer.operand(
      try Tensor.floats([Attention.probabilityScale], []), "\(writer.name(id))_step")
    let largest = emitInner("ReduceMax", [scores, axes], "largest", &writer, [keeps])
    let distance = emitInner("Sub", [scores, largest], "distance", &writer)
    let weights = try rounded(emitInner("Exp", [distance], "exponential", &writer), &writer)
    let sum = emitInner("ReduceSum", [weights, axes], "sum", &writer, [keeps])
    let divisor = emitInner("Max", [sum, step], "divisor", &writer)
    let weighted = emitInner("MatMul", [weights, values], "weighted", &writer)
    writer.emit(Onnx_NodeProto("Div", [weighted, divisor], [writer.name(id)], name: node.source))
  }

  /// Writes a softmax; a safe one with what makes it so.
  func write(_ softmax: Softmax, _ writer: inout QDQWriter) throws(Diagnostic) {
    let axis = Onnx_AttributeProto.int("axis", softmax.axis)
    switch softmax.kind {
    case .plain: emit("Softmax", &writer, [axis])
    case .log: emit("LogSoftmax", &writer, [axis])
    case .safe:
      let operand = writer.name(node.operands[0])
      let plain = emitInner("Softmax", [operand], "plain", &writer, [axis])
      writer.emit(
        Onnx_NodeProto(
          "Where", try safeOperands(plain, &writer), [writer.name(id)], name: node.source))
    }
  }

  private func safe(_ value: String, _ writer: inout QDQWriter) throws(Diagnostic) -> String {
    emitInner("Where", try safeOperands(value, &writer), "safe", &writer)
  }

  /// What `Where` takes to put 0 for NaN.
  private func safeOperands(
    _ value: String, _ writer: inout QDQWriter
  ) throws(Diagnostic) -> [String] {
    let zero = writer.operand(try Tensor.floats([0], []), "\(writer.name(id))_zero")
    return [emitInner("IsNaN", [value], "is_nan", &writer), zero, value]
  }

  private func rounded(_ value: String, _ writer: inout QDQWriter) throws(Diagnostic) -> String {
    let params = try QuantParams(scale: Attention.probabilityScale, zeroPoint: 0)
    let names = try writer.paramOperands(.u8, params, of: .scalar, "\(writer.name(id))_rounded")
    let operands = [names.scale] + (names.zeroPoint.isEmpty ? [] : [names.zeroPoint])
    let bytes = emitInner("QuantizeLinear", [value] + operands, "bytes", &writer)
    return emitInner("DequantizeLinear", [bytes] + operands, "rounded", &writer)
  }

  /// Operand `index` with each head repeated for the heads of q that read it.
  private func repeated(
    _ index: Int, _ role: String, _ writer: inout QDQWriter
  ) throws(Diagnostic) -> String {
    let (q, dims) = (shape(0, writer), shape(index, writer).dims)
    let name = writer.name(node.operands[index])
    let axis = dims.count - 3
    guard q[axis] != dims[axis] else { return name }
    let (lead, tail) = (Array(dims[...axis]), Array(dims[(axis + 1)...]))
    let single = try ints(lead + [1] + tail, "\(role)_single", &writer)
    let wide = try ints(lead + [q[axis] / dims[axis]] + tail, "\(role)_wide", &writer)
    let joined = try ints(Array(dims[..<axis]) + [q[axis]] + tail, "\(role)_heads", &writer)
    let reshaped = emitInner("Reshape", [name, single], "\(role)_groups", &writer)
    let expanded = emitInner("Expand", [reshaped, wide], "\(role)_expanded", &writer)
    return emitInner("Reshape", [expanded, joined], role, &writer)
  }
}
