import Diagnostics
import Fusion
import GraphIR
import KernelIR
import Scheduling
import Tensors

/// Where every quantize and dequantize went, what stays in float, and which kernel runs each op.
package struct ExplainReport: Codable, Sendable {
  /// One quantize or dequantize of the quantized graph.
  package struct Pair: Codable, Sendable {
    package let name: String
    package let op: String
    /// The op that took it in; `nil` when none did.
    package let kernel: String?
    /// Why none did.
    package let reason: String?

    package var isFolded: Bool { kernel != nil }
  }

  /// An op that computes in float.
  package struct FloatOp: Codable, Sendable {
    package let op: String
    package let name: String
  }

  package struct Step: Codable, Sendable {
    package let op: String
    package let kernel: String
    package let tiles: Int
    /// Most threads that take part.
    package let threads: Int?
    package let work: StepWork?
  }

  /// A note of a pass on an op.
  package struct Note: Codable, Sendable {
    package let name: String
    package let pass: String
    package let text: String
  }

  package private(set) var schemaVersion = 1
  package let pairs: [Pair]
  package let floatOps: [FloatOp]
  package let steps: [Step]
  package let notes: [Note]
  /// The values that are stored in 16 bits.
  package let wideValues: [String]?
  /// Bytes of all constants of the program.
  package let weightBytes: Int?

  init(graphs: Builder.Graphs, scheduled: ScheduledProgram) {
    let fused = graphs.fused
    let stored = Scheduler.quantizersInNorms(fused)
    pairs = QDQAccounting(quantized: graphs.quantized, fused: fused).entries.map {
      let kernel = $0.kernel ?? stored[$0.name]
      return Pair(
        name: $0.name, op: $0.op, kernel: kernel, reason: kernel == nil ? $0.reason : nil)
    }
    floatOps = fused.values.compactMap { id in
      let node = fused[id]
      guard node.op.computesInFloat, fused.type(of: id).element == .f32 else { return nil }
      return FloatOp(
        op: node.op.mnemonic, name: node.source.isEmpty ? node.name : node.source)
    }
    let quantized = graphs.quantized
    wideValues = quantized.values.compactMap { id in
      guard case .quantize(let quantize) = quantized.op(id), quantize.element == .i16 else {
        return nil
      }
      return quantized[quantized.operand(0, of: id)].name
    }
    weightBytes = scheduled.costs.programWeightBytes
    steps = zip(scheduled.program.steps, scheduled.work).map { step, work in
      Step(
        op: step.opName, kernel: scheduled.program.kernels[step.kernel], tiles: step.tileCount,
        threads: step.threadLimit, work: work)
    }
    notes = fused.values.flatMap { id in
      fused.remarks(on: id).filter { $0.kind == .missed }.map {
        Note(name: fused[id].name, pass: $0.pass, text: $0.text)
      }
    }
  }

  /// The report as lines for people.
  package var text: String {
    var lines: [String] = []
    let folded = pairs.filter(\.isFolded)
    lines.append("\(folded.count) of \(pairs.count) quantize/dequantize folded into kernels")
    for pair in pairs {
      let fate = pair.kernel.map { "in \($0)" } ?? "stands alone: \(pair.reason ?? "")"
      lines.append("  \(pair.op) \(pair.name): \(fate)")
    }
    if let wideValues, !wideValues.isEmpty {
      lines.append("\(wideValues.count) values have 16 bits")
      lines += wideValues.map { "  \($0)" }
    }
    lines.append("\(floatOps.count) ops compute in float")
    lines += floatOps.map { "  \($0.op) \($0.name)" }
    lines.append("\(steps.count) steps")
    lines += steps.map { "  \($0.op): \($0.kernel)" }
    return lines.joined(separator: "\n")
  }
}

extension Op {
  /// Whether the op does float arithmetic on its elements, rather than moving or converting them.
  fileprivate var computesInFloat: Bool {
    switch self {
    case .conv, .matMul, .unary, .binary, .select, .softmax, .attention,
      .rotaryEmbedding, .layerNorm, .rmsNorm, .batchNorm,
      .reduce, .pool, .resize:
      true
    case .input, .constant, .cast, .reshape, .transpose, .concat, .slice, .gather, .pad, .expand,
      .quantize, .dequantize, .quantizedConv, .quantizedMatMul, .quantizedBinary, .quantizedPool,
      .quantizedResize, .quantizedAttention, .quantizedRotaryEmbedding, .lookup, .embedding:
      false
    }
  }
}
