import Diagnostics
import GraphIR
import Tensors

/// What calibration saw of each channel of a value, along its last axis.
package struct ChannelRanges: Hashable, Sendable {
  package let minima: [Float]
  package let maxima: [Float]
  package let means: [Double]

  package init(minima: [Float], maxima: [Float], means: [Double]) {
    precondition(minima.count == maxima.count && means.count == minima.count)
    self.minima = minima
    self.maxima = maxima
    self.means = means
  }

  /// Every channel was finite somewhere.
  var isFinite: Bool {
    zip(minima, maxima).allSatisfy { $0.isFinite && $1.isFinite && $0 <= $1 }
  }

  /// What the mean of a channel's squares may be; the range is taken for ten standard deviations.
  func meanSquare(_ channel: Int) -> Double {
    means[channel] * means[channel] + variance(channel)
  }

  /// What a channel's variance may be; the range is taken for ten standard deviations.
  func variance(_ channel: Int) -> Double {
    let deviation = (Double(maxima[channel]) - Double(minima[channel])) / 10
    return deviation * deviation
  }
}

/// The channels of a value, by its name; `nil` when the table does not have them.
package typealias ChannelTable = @Sendable (_ name: String) -> ChannelRanges?

/// Divides what products read of a normalization by a factor for each channel, and multiplies the
/// rows of their weights by it, so that one scale for the tensor serves channels of unlike size.
///
/// - Applies: to outputs of layer norms and RMS norms over the last axis that products with constant
///   weights read, where the estimated error falls by a fifth at least.
/// - Numerics: none; the factors are powers of two.
/// - Leaves: a product with constants, which `fold-smoothing` takes into the norm where nothing
///   else reads that.
///
/// Source: Xiao et al. 2023, SmoothQuant, eq. 4.
func smoothActivations(recipe: Recipe, channels: @escaping ChannelTable) -> Pass {
  Pass("smooth-activations") { graph throws(Diagnostic) in
    guard recipe.smoothsActivations, !graph.isQuantized else { return }
    let uses = graph.uses()
    for id in graph.values where graph.isNormOfRows(id) {
      let products = uses[id.index].filter { use in
        graph.op(use.user) == .matMul && use.operandIndex == 0
          && recipe.reasonForFloat(use.user, in: graph) == nil
          && graph.constant(graph.operand(1, of: use.user))?.shape.rank == 2
      }.map(\.user)
      let weights = products.compactMap { graph.constant(graph.operand(1, of: $0)) }
      guard let ranges = channels(graph[id].name),
        let factors = SmoothingFactors(ranges, weights: weights.map(\.floats))
      else { continue }
      try graph.smooth(id, readBy: products, factors.exponents)
    }
    try graph.compact()
  }
}

/// Rewrites `mul(norm(x, scale, bias), c)` to `norm(x, scale · c, bias · c)`.
///
/// - Applies: c is constant over the normalized axis, all of powers of two, and nothing else uses
///   the norm.
/// - Numerics: none but for subnormal numbers.
let foldSmoothing = Pass("fold-smoothing", rules: [foldFactorsIntoNorm])

private let foldFactorsIntoNorm = RewriteRule("fold-factors-into-norm") {
  (id, graph) throws(Diagnostic) in
  guard graph.op(id) == .binary(.mul), case let norm = graph.operand(0, of: id),
    graph.isNormOfRows(norm), graph.hasOneUse(norm),
    let factors = graph.constant(graph.operand(1, of: id)), factors.element == .f32,
    factors.floats.allSatisfy({ $0 > 0 && $0.significand == 1 }),
    factors.shape.dims == [graph.shape(of: norm).dims.last ?? 0]
  else { return nil }
  var operands = [graph.operand(0, of: norm)]
  for parameter in graph.operands(of: norm).dropFirst() {
    guard let tensor = graph.constant(parameter), tensor.shape == factors.shape else { return nil }
    operands.append(
      graph.appendConstant(
        try Tensor(.f32, tensor.shape, zip(tensor.floats, factors.floats).map { $0 * $1 })))
  }
  return try graph.append(graph.op(norm), operands, source: graph[norm].source)
}

extension Graph {
  /// A normalization of f32 over the last axis alone.
  fileprivate func isNormOfRows(_ id: ValueID) -> Bool {
    switch op(id) {
    case .layerNorm(let norm), .rmsNorm(let norm):
      type(of: id).element == .f32 && norm.axis == shape(of: id).rank - 1
    default:
      false
    }
  }

  /// Lets `products` read `id` times 2^-exponent, with rows times 2^exponent.
  fileprivate mutating func smooth(
    _ id: ValueID, readBy products: [ValueID], _ exponents: [Int]
  ) throws(Diagnostic) {
    let factors = exponents.map { Float(sign: .plus, exponent: -$0, significand: 1) }
    let constant = appendConstant(try Tensor(.f32, try Shape([factors.count]), factors))
    let name = self[id].name.isEmpty ? "" : "\(self[id].name)/smoothed"
    let smoothed = try append(.binary(.mul), [id, constant], name: name, source: self[id].source)
    for product in products {
      guard let weights = self.constant(operand(1, of: product)) else { continue }
      let columns = weights.shape[1]
      let rows = weights.floats.enumerated().map { index, weight in
        weight * Float(sign: .plus, exponent: exponents[index / columns], significand: 1)
      }
      let scaled = appendConstant(try Tensor(.f32, weights.shape, rows))
      setOperand(0, of: product, to: smoothed)
      setOperand(1, of: product, to: scaled)
    }
  }

  /// The range of `mul(x, c)` from the channels of x, when c has one number for each.
  func rangeOfScaledChannels(_ id: ValueID, _ channels: ChannelTable) -> ClosedRange<Float>? {
    guard op(id) == .binary(.mul), let factors = constant(operand(1, of: id))?.floats,
      let ranges = channels(self[operand(0, of: id)].name), ranges.minima.count == factors.count
    else { return nil }
    var (low, high): (Float, Float) = (0, 0)
    for (channel, factor) in factors.enumerated() where ranges.minima[channel].isFinite {
      let ends = [ranges.minima[channel] * factor, ranges.maxima[channel] * factor]
      low = min(low, ends[0], ends[1])
      high = max(high, ends[0], ends[1])
    }
    return low...high
  }
}
