import GraphIR
import Tensors

/// The sums before normalizations and the quantizations behind them that one kernel computes.
///
/// The kernel does the same arithmetic in the same order; only the steps become fewer.
struct NormFusions: Hashable, Sendable {
  /// The values that have no step of their own.
  private(set) var absorbed: Set<ValueID> = []
  /// The `quantize` whose result the kernel of a normalization stores.
  private(set) var quantizers: [ValueID: ValueID] = [:]
  /// The normalizations whose f32 result is read too.
  private(set) var storesFloats: Set<ValueID> = []

  init(_ graph: Graph) {
    let uses = graph.uses()
    for id in graph.values where graph.resolve(id) == id && NormFusions.isNorm(graph.op(id)) {
      let sum = graph.operand(0, of: id)
      if NormFusions.isPlainSum(sum, graph), uses[sum.index].count == 1, !graph.isOutput(sum) {
        absorbed.insert(sum)
      }
      let users = uses[id.index].map(\.user)
      guard graph.shape(of: id).rank != 4,
        let quantizer = users.first(where: { NormFusions.isByteQuantizer(graph.op($0)) })
      else { continue }
      absorbed.insert(quantizer)
      quantizers[id] = quantizer
      if users.count > 1 || graph.isOutput(id) { storesFloats.insert(id) }
    }
  }

  private static func isNorm(_ op: Op) -> Bool {
    switch op {
    case .layerNorm, .rmsNorm: true
    default: false
    }
  }

  /// A sum of two f32 values of its own shape.
  private static func isPlainSum(_ id: ValueID, _ graph: Graph) -> Bool {
    graph.op(id) == .binary(.add)
      && graph.operands(of: id).allSatisfy { graph.type(of: $0) == graph.type(of: id) }
      && graph.type(of: id).element == .f32
  }

  private static func isByteQuantizer(_ op: Op) -> Bool {
    guard case .quantize(let quantize) = op, quantize.params.isPerTensor else { return false }
    return quantize.element == .u8 || quantize.element == .i8
  }
}
