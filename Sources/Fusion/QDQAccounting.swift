import Diagnostics
import GraphIR

/// What became of every `quantize` and `dequantize` of a quantized graph.
package struct QDQAccounting: Hashable, Sendable, Codable {
  package struct Entry: Hashable, Sendable, Codable {
    /// The value's name.
    package let name: String
    /// `quantize` or `dequantize`.
    package let op: String
    /// The op of the fused graph that took it in, with its name; `nil` when none did.
    package let kernel: String?
    /// Why none did.
    package let reason: String?
  }

  /// In the order of the quantized graph.
  package let entries: [Entry]

  /// How many an op took in.
  package var foldedCount: Int { entries.count { $0.kernel != nil } }

  /// - Parameters:
  ///   - quantized: the graph as Quantization leaves it, all pairs named.
  ///   - fused: the same graph after the fusion passes.
  package init(quantized: Graph, fused: Graph) {
    var kernels: [String: String] = [:]
    var reasons: [String: String] = [:]
    for id in fused.values {
      let node = fused[id]
      for remark in fused.remarks(on: id) {
        switch remark.kind {
        case .applied:
          let name = [node.name, node.source].first { !$0.isEmpty } ?? "\(id)"
          kernels[remark.text] = "\(node.op.mnemonic) '\(name)'"
        case .missed:
          if !node.name.isEmpty { reasons[node.name] = remark.text }
        }
      }
    }
    entries = quantized.nodes.compactMap { node in
      switch node.op {
      case .quantize, .dequantize: break
      default: return nil
      }
      let mnemonic = node.op.mnemonic
      let kernel = kernels[QDQAccounting.tookText(mnemonic, node.name)]
      return Entry(
        name: node.name, op: mnemonic, kernel: kernel,
        reason: kernel == nil ? reasons[node.name] ?? "nothing reads it" : nil)
    }
  }

  /// The text of the remark by which an op says that it took a pair's half in.
  static func tookText(_ mnemonic: String, _ name: String) -> String {
    "took \(mnemonic) '\(name)'"
  }
}
