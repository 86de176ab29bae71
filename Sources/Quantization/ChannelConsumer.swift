import GraphIR
import QuantMath
import Tensors

/// The weights of a product by the channels that it reads.
struct ChannelConsumer {
  /// `[o, c/groups, …]` of a convolution, `[c, o]` of a matrix product.
  let weights: Tensor
  /// `nil` for a matrix product.
  let groups: Int?

  /// The channels that are read.
  var channelCount: Int {
    groups.map { weights.shape[1] * $0 } ?? weights.shape[0]
  }

  /// The channel that is multiplied by the weight at a row-major index.
  func channel(of index: Int) -> Int {
    let dims = weights.shape.dims
    guard let groups else { return index / dims[1] }
    let inner = dims.dropFirst(2).reduce(1, *)
    let row = index / (inner * dims[1])
    return row / max(dims[0] / groups, 1) * dims[1] + index / inner % dims[1]
  }
}

extension Graph {
  /// The constant weights of a convolution, or of a matrix product; `nil` for another op.
  func channelConsumer(_ id: ValueID) -> ChannelConsumer? {
    switch op(id) {
    case .conv(let conv):
      constant(operand(1, of: id)).map { ChannelConsumer(weights: $0, groups: conv.groups) }
    case .matMul:
      constant(operand(1, of: id)).flatMap {
        $0.shape.rank == 2 ? ChannelConsumer(weights: $0, groups: nil) : nil
      }
    default: nil
    }
  }
}

/// What calibration saw of the activations of products, as the products read them.
struct ProductInputs {
  /// The powers of two by which channels were multiplied.
  let exponents: [ValueID: [Int]]
  let channels: ChannelTable
  let moments: MomentTable

  /// Improves the rounding of a product's weights by what is known of its activations.
  ///
  /// - Parameters:
  ///   - weights: the integers, of `floats`.
  ///   - floats: the real weights.
  ///   - product: the convolution or matrix product.
  ///   - graph: where the product is.
  /// - Returns: what the bias of each output channel has to make up for; `nil` where nothing is
  ///   known.
  func round(
    _ weights: inout QuantizedWeights, of floats: [Float], product: ValueID, in graph: Graph
  ) -> [Double]? {
    guard let consumer = graph.channelConsumer(product) else { return nil }
    let x = graph.operand(0, of: product)
    if let groups = consumer.groups, let moments = moments(graph[product].name),
      moments.groupCount == groups, moments.count > 0,
      moments.size * consumer.weights.shape[0] == consumer.weights.shape.elementCount,
      exponents[x]?.count ?? consumer.channelCount == consumer.channelCount
    {
      let channelSize = moments.size / max(consumer.weights.shape[1], 1)
      return weights.lowerError(of: floats, moments: moments) { group, index in
        let channel = group * consumer.weights.shape[1] + index / channelSize
        return exponents[x].map { Double(sign: .plus, exponent: $0[channel], significand: 1) } ?? 1
      }
    }
    guard let statistics = statistics(of: x, in: graph),
      consumer.channelCount == statistics.means.count
    else { return nil }
    return weights.keepMeans(of: floats, inputs: statistics, input: consumer.channel)
  }

  /// `nil` where the table does not have the channels of the value.
  func statistics(of id: ValueID, in graph: Graph) -> InputStatistics? {
    if let ranges = channels(graph[id].name), ranges.isFinite {
      let factors = exponents[id]?.map { Double(sign: .plus, exponent: $0, significand: 1) }
      return InputStatistics(ranges, times: factors ?? ranges.means.map { _ in 1 })
    }
    guard graph.op(id) == .binary(.mul), let factors = graph.constant(graph.operand(1, of: id)),
      let ranges = channels(graph[graph.operand(0, of: id)].name), ranges.isFinite,
      ranges.means.count == factors.shape.elementCount
    else { return nil }
    return InputStatistics(ranges, times: factors.floats.map { Double($0) })
  }
}

/// How the values that a convolution's weights multiply vary together, by the name of its result;
/// `nil` when the table does not have it.
package typealias MomentTable = @Sendable (_ name: String) -> TapMoments?

extension InputStatistics {
  /// Of channels that are multiplied by factors.
  fileprivate init(_ ranges: ChannelRanges, times factors: [Double]) {
    self.init(
      means: zip(ranges.means, factors).map { $0 * $1 },
      variances: factors.enumerated().map { ranges.variance($0) * $1 * $1 })
  }
}
