import Diagnostics
import GraphIR

/// Leaves a remark on every `quantize` and `dequantize` that no integer op took, saying why.
package let explainQDQ = Pass("explain-qdq") { graph throws(Diagnostic) in
  try graph.compact()
  let uses = graph.uses()
  for id in graph.values {
    let reason: String
    switch graph.op(id) {
    case .quantize: reason = graph.reasonForQuantize(id)
    case .dequantize: reason = graph.reasonForDequantize(id, users: uses[id.index].map(\.user))
    default: continue
    }
    graph.remark(Remark(.missed, pass: "fold-qdq", reason), on: id)
  }
}

extension Graph {
  private func described(_ id: ValueID) -> String {
    let node = self[id]
    let name = [node.name, node.source].first { !$0.isEmpty }
    return name.map { "\(node.op.mnemonic) '\($0)'" } ?? node.op.mnemonic
  }

  fileprivate func reasonForQuantize(_ id: ValueID) -> String {
    let operand = operand(0, of: id)
    switch op(operand) {
    case .input:
      return "the model's input is float"
    case .quantizedConv, .quantizedMatMul, .quantizedBinary, .quantizedPool,
      .quantizedResize, .quantizedAttention, .quantizedRotaryEmbedding:
      return "\(described(operand)) makes floats, which are used elsewhere too"
    case .conv, .matMul:
      return "\(described(operand)) does not read activations and symmetric weights"
    case .concat:
      return "a branch of \(described(operand)) is float"
    case .constant, .unary, .binary, .select, .cast, .softmax, .attention, .rotaryEmbedding,
      .layerNorm, .rmsNorm,
      .batchNorm,
      .reduce, .pool, .reshape, .transpose, .slice, .gather, .pad, .expand, .resize, .quantize,
      .dequantize, .lookup, .embedding:
      return "its operand is made by \(described(operand)), which is float"
    }
  }

  fileprivate func reasonForDequantize(_ id: ValueID, users: [ValueID]) -> String {
    guard let user = users.first else {
      return isOutput(id) ? "the model's output is float" : "nothing reads it"
    }
    switch op(user) {
    case .conv, .matMul:
      return "\(described(user)) does not read activations and symmetric weights only"
    case .concat:
      return "the branches of \(described(user)) have scales of their own"
    case .binary where operands(of: user).contains(where: { integers($0) == nil }):
      return "the other operand of \(described(user)) is float"
    case .binary, .pool:
      return "\(described(user)) makes floats of it"
    case .input, .constant, .unary, .select, .cast, .softmax, .attention, .rotaryEmbedding,
      .layerNorm, .rmsNorm,
      .batchNorm,
      .reduce, .reshape, .transpose, .slice, .gather, .pad, .expand, .resize, .quantize,
      .dequantize, .quantizedConv, .quantizedMatMul, .quantizedBinary, .quantizedPool,
      .quantizedResize, .quantizedAttention, .quantizedRotaryEmbedding, .lookup, .embedding:
      return "it is read by \(described(user)), which is float"
    }
  }
}
