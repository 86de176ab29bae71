import GraphIR
import Tensors

/// The sums before normalizations and the quantizations behind them that one kernel computes, with
/// the product by smoothing's factors that may lie between.
///
/// The kernel does the same arithmetic in the same order; only the steps become fewer.
struct NormFusions: Hashable, Sendable {
  /// The values that have no step of their own.
  private(set) var absorbed: Set<ValueID> = []
  /// The `quantize` whose result the kernel of a normalization stores.
  private(set) var quantizers: [ValueID: ValueID] = [:]
  /// The constants of one factor for each column that such a `quantize` reads the result times.
  private(set) var factors: [ValueID: ValueID] = [:]
  /// The normalizations whose f32 result is read too.
  private(set) var storesFloats: Set<ValueID> = []

  /// - Parameters:
  ///   - graph: the fused graph.
  ///   - kept: the values that need a place of their own.
  init(_ graph: Graph, keeping kept: Set<ValueID> = []) {
    let uses = graph.uses()
    for id in graph.values where graph.resolve(id) == id && NormFusions.isNorm(graph.op(id)) {
      let sum = graph.operand(0, of: id)
      if NormFusions.isPlainSum(sum, graph), uses[sum.index].count == 1, !graph.isOutput(sum),
        !kept.contains(sum)
      {
        absorbed.insert(sum)
      }
      let users = uses[id.index].map(\.user)
      guard graph.shape(of: id).rank != 4 else { continue }
      let found = users.lazy.compactMap { user -> (quantizer: ValueID, factors: ValueID?)? in
        if NormFusions.isByteQuantizer(graph.op(user)) { return (user, nil) }
        guard let factors = NormFusions.factors(of: id, in: user, graph), !graph.isOutput(user),
          !kept.contains(user), uses[user.index].count == 1,
          let quantizer = uses[user.index].first?.user,
          NormFusions.isByteQuantizer(graph.op(quantizer))
        else { return nil }
        return (quantizer, factors)
      }.first
      guard let found else { continue }
      absorbed.insert(found.quantizer)
      quantizers[id] = found.quantizer
      if let constant = found.factors {
        absorbed.insert(graph.operand(0, of: found.quantizer))
        factors[id] = constant
      }
      if users.count > 1 || graph.isOutput(id) || kept.contains(id) { storesFloats.insert(id) }
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

  /// The other operand of `product`, a product of the normalization `id`, when it is a constant row.
  private static func factors(
    of id: ValueID, in product: ValueID, _ graph: Graph
  ) -> ValueID? {
    guard graph.op(product) == .binary(.mul), graph.type(of: product) == graph.type(of: id),
      let factors = graph.operands(of: product).first(where: { $0 != id }),
      let constant = graph.constant(factors), constant.element == .f32,
      constant.shape == graph.shape(of: graph.operand(1, of: id))
    else { return nil }
    return factors
  }

  private static func isByteQuantizer(_ op: Op) -> Bool {
    guard case .quantize(let quantize) = op, quantize.params.isPerTensor else { return false }
    return quantize.element == .u8 || quantize.element == .i8
  }
}
