import Diagnostics
import Tensors

extension Graph {
  /// Checks that the graph is whole and legal at its stage.
  ///
  /// - Throws: `QC1004` for dangling or unordered operands and wrong types, `QC1009` for names
  ///   given twice, `QC1005` for an op that the stage does not allow.
  package func verify() throws(Diagnostic) {
    var names: Set<String> = []
    for id in values where resolve(id) == id {
      let node = self[id]
      for operand in operands(of: id) {
        guard nodes.indices.contains(operand.index), operand < id else {
          throw located(.invalidGraph, "\(id) reads \(operand), which does not stand before it", id)
        }
      }
      if !node.name.isEmpty, !names.insert(node.name).inserted {
        throw located(.duplicateName, "two values are named '\(node.name)'", id)
      }
      try verifyType(id)
      guard stage.allows(node.op) else {
        throw located(.stageViolation, "\(node.op.mnemonic) in a graph that is \(stage)", id)
      }
    }
    for output in outputs where !nodes.indices.contains(output.value.index) {
      throw Diagnostic(.invalidGraph, "the output '\(output.name)' is not computed")
    }
  }

  private func verifyType(_ id: ValueID) throws(Diagnostic) {
    let node = self[id]
    switch node.op {
    case .input:
      return
    case .constant(let tensor):
      guard tensor.element == node.type.element, tensor.shape == node.type.shape else {
        throw located(.invalidGraph, "a constant of another type than \(node.type)", id)
      }
    default:
      let type = try node.op.resultType(operands(of: id).map { self.type(of: $0) })
      guard type == node.type else {
        throw located(.invalidGraph, "makes \(type), not \(node.type)", id)
      }
    }
  }

  private func located(_ code: DiagnosticCode, _ message: String, _ id: ValueID) -> Diagnostic {
    let node = self[id]
    let place = [node.source, node.name].first { !$0.isEmpty }
    return Diagnostic(
      code, message,
      at: place.map { "\(id) '\($0)' (\(node.op.mnemonic))" } ?? "\(id) (\(node.op.mnemonic))")
  }
}

extension Stage {
  /// Whether the op may stand in a graph of this stage.
  func allows(_ op: Op) -> Bool {
    switch op {
    case .quantizedConv, .quantizedMatMul, .quantizedBinary, .quantizedPool,
      .quantizedResize, .quantizedAttention, .quantizedRotaryEmbedding, .lookup, .embedding:
      self == .fused
    case .batchNorm:
      self == .imported || self == .canonical
    case .input, .constant, .conv, .matMul, .unary, .binary, .select, .cast, .softmax, .attention,
      .rotaryEmbedding, .layerNorm, .rmsNorm, .reduce, .pool, .reshape, .transpose, .concat, .slice,
      .gather, .pad,
      .expand,
      .resize, .quantize, .dequantize:
      true
    }
  }
}
