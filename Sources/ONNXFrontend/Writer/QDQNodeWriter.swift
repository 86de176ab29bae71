import Diagnostics
import GraphIR
import Tensors

/// Writes one op of a graph as ONNX nodes.
struct QDQNodeWriter {
  let id: ValueID
  let node: Node

  init(_ id: ValueID, _ node: Node) {
    self.id = id
    self.node = node
  }

  func write(_ writer: inout QDQWriter) throws(Diagnostic) {
    switch node.op {
    case .input:
      return
    case .constant(let tensor):
      writer.initializer(tensor, name: writer.name(id))
    case .conv(let conv):
      emit("Conv", &writer, attributes(conv, weights: shape(1, writer)))
    case .matMul:
      emit("MatMul", &writer)
    case .unary(let function):
      try write(function, &writer)
    case .binary(let function):
      emit(
        function.onnxName, &writer, function == .fmod ? [.bool("fmod", true)] : [])
    case .select:
      emit("Where", &writer)
    case .cast(let cast):
      let target = Int(cast.element.onnxType.rawValue)
      emit("Cast", &writer, [.int("to", target)] + (cast.saturates ? [] : [.int("saturate", 0)]))
    case .softmax(let softmax):
      try write(softmax, &writer)
    case .attention(let attention):
      try write(attention, &writer)
    case .rotaryEmbedding(let rotary):
      try write(rotary, &writer)
    case .layerNorm(let norm):
      emit(
        "LayerNormalization", &writer,
        [.int("axis", norm.axis), .float("epsilon", norm.epsilon)])
    case .rmsNorm(let norm):
      try writeRMSNorm(norm, &writer)
    case .batchNorm(let norm):
      emit("BatchNormalization", &writer, [.float("epsilon", norm.epsilon)])
    case .reduce(let reduction):
      let axes = try ints(reduction.axes, "axes", &writer)
      emit(
        reduction.kind.onnxName, &writer, extra: [axes],
        [
          .bool("keepdims", reduction.keepsAxes),
          .bool("noop_with_empty_axes", reduction.axes.isEmpty),
        ])
    case .pool(let pooling):
      emit(pooling.kind == .max ? "MaxPool" : "AveragePool", &writer, attributes(pooling))
    case .reshape, .transpose, .concat, .slice, .gather, .pad, .expand, .resize:
      try writeMovement(&writer)
    case .quantize(let quantize):
      let type = node.type
      try emitQuantization("QuantizeLinear", quantize.element, quantize.params, type, &writer)
    case .dequantize:
      let operand = writer.graph.type(of: node.operands[0])
      guard let params = operand.quantization else {
        throw Diagnostic(.invalidQuantization, "dequantize of a tensor without quantization")
      }
      try emitQuantization("DequantizeLinear", operand.element, params, operand, &writer)
    case .quantizedConv, .quantizedMatMul, .quantizedBinary, .quantizedPool,
      .quantizedResize, .quantizedAttention, .quantizedRotaryEmbedding, .lookup, .embedding:
      throw Diagnostic(
        .stageViolation, "\(node.op.mnemonic) has no ONNX form", at: "\(id)",
        hint: "write the quantized graph, before it is fused")
    }
  }

  // MARK: Emission

  func shape(_ operand: Int, _ writer: QDQWriter) -> Shape {
    writer.graph.shape(of: node.operands[operand])
  }

  func ints(
    _ values: [Int], _ role: String, _ writer: inout QDQWriter
  ) throws(Diagnostic) -> String {
    writer.operand(
      try Tensor.int64s(values.map { Int64($0) }, [values.count]), "\(writer.name(id))_\(role)")
  }

  /// One node that makes the value, with further operands after the op's own.
  func emit(
    _ op: String, _ writer: inout QDQWriter, extra: [String] = [],
    _ attributes: [Onnx_AttributeProto] = []
  ) {
    let operands = node.operands.map { writer.name($0) } + extra
    writer.emit(
      Onnx_NodeProto(op, operands, [writer.name(id)], name: node.source, attributes))
  }

  /// A node that makes a value inside of the op's definition: its name.
  func emitInner(
    _ op: String, _ operands: [String], _ role: String, _ writer: inout QDQWriter,
    _ attributes: [Onnx_AttributeProto] = []
  ) -> String {
    let name = writer.freshName("\(writer.name(id))_\(role)")
    writer.emit(Onnx_NodeProto(op, operands, [name], name: node.source, attributes))
    return name
  }

  private func emitQuantization(
    _ op: String, _ element: ElementType, _ params: QuantParams, _ type: TensorType,
    _ writer: inout QDQWriter
  ) throws(Diagnostic) {
    let stem = writer.name(op == "QuantizeLinear" ? id : node.operands[0])
    let names = try writer.paramOperands(element, params, of: type.shape, stem)
    let attributes: [Onnx_AttributeProto] =
      switch params.granularity {
      case .perTensor: []
      case .perChannel(let axis): [.int("axis", axis)]
      case .perGroup(let axis, let groupSize):
        [.int("axis", axis), .int("block_size", groupSize)]
      }
    let extra = [names.scale] + (names.zeroPoint.isEmpty ? [] : [names.zeroPoint])
    emit(op, &writer, extra: extra, attributes)
  }

  // MARK: Definitions

  private func write(
    _ function: UnaryFunction, _ writer: inout QDQWriter
  ) throws(Diagnostic) {
    switch function {
    case .clip(let lower, let upper):
      var extra: [String] = []
      if lower != nil || upper != nil {
        extra.append(
          try lower.map { bound throws(Diagnostic) in
            writer.operand(try Tensor.floats([bound], []), "\(writer.name(id))_min")
          } ?? "")
      }
      if let upper {
        extra.append(writer.operand(try Tensor.floats([upper], []), "\(writer.name(id))_max"))
      }
      emit("Clip", &writer, extra: extra)
    case .silu:
      let x = writer.name(node.operands[0])
      let gate = emitInner("Sigmoid", [x], "gate", &writer)
      writer.emit(Onnx_NodeProto("Mul", [x, gate], [writer.name(id)], name: node.source))
    default:
      emit(function.onnxName, &writer, function.onnxAttributes)
    }
  }

  /// `x / sqrt(mean(x²) + epsilon) * scale`.
  private func writeRMSNorm(
    _ norm: Normalization, _ writer: inout QDQWriter
  ) throws(Diagnostic) {
    let (x, scale) = (writer.name(node.operands[0]), writer.name(node.operands[1]))
    let axes = try ints(Array(norm.axis..<shape(0, writer).rank), "axes", &writer)
    let epsilon = writer.operand(
      try Tensor.floats([norm.epsilon], []), "\(writer.name(id))_epsilon")
    let square = emitInner("Mul", [x, x], "square", &writer)
    let mean = emitInner("ReduceMean", [square, axes], "mean", &writer)
    let sum = emitInner("Add", [mean, epsilon], "sum", &writer)
    let root = emitInner("Sqrt", [sum], "root", &writer)
    let quotient = emitInner("Div", [x, root], "quotient", &writer)
    writer.emit(
      Onnx_NodeProto("Mul", [quotient, scale], [writer.name(id)], name: node.source))
  }

  // MARK: Attributes

  private func attributes(_ conv: Convolution, weights: Shape) -> [Onnx_AttributeProto] {
    [
      .ints("kernel_shape", Array(weights.dims.dropFirst(2))), .ints("strides", conv.strides),
      .ints("pads", conv.pads), .ints("dilations", conv.dilations), .int("group", conv.groups),
    ]
  }

  private func attributes(_ pooling: Pooling) -> [Onnx_AttributeProto] {
    let common: [Onnx_AttributeProto] = [
      .ints("kernel_shape", pooling.kernel), .ints("strides", pooling.strides),
      .ints("pads", pooling.pads), .bool("ceil_mode", pooling.ceilMode),
    ]
    // Runtimes make integer averages of theirs, which know no dilations.
    let isDense = pooling.dilations.allSatisfy { $0 == 1 }
    return common + (isDense ? [] : [.ints("dilations", pooling.dilations)])
      + (pooling.kind == .max ? [] : [.bool("count_include_pad", pooling.countIncludesPad)])
  }
}
