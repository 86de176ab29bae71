import Diagnostics
import GraphIR
import Tensors

extension Graph {
  /// Multiplies channels of what convolutions make by powers of two, and divides the weights that
  /// read them, so that one scale for the tensor serves channels of unlike size.
  ///
  /// - Applies: where relu, leaky relu and pooling alone stand between convolutions with constant
  ///   weights, and the estimated error falls by a fifth at least. A channel stays in the range that
  ///   its tensor is stored in.
  /// - Numerics: none but for subnormal numbers; the factors are powers of two.
  ///
  /// Source: Nagel et al. 2019, Data-Free Quantization Through Weight Equalization and Bias
  /// Correction, section 4.1; the factors are chosen for the activations.
  ///
  /// - Returns: for each value that a convolution or a pool reads, the powers of two of its
  ///   channels.
  package mutating func equalizeChannels(
    recipe: Recipe, ranges: RangeTable, channels: ChannelTable
  ) throws(Diagnostic) -> [ValueID: [Int]] {
    var result: [ValueID: [Int]] = [:]
    guard recipe.smoothsActivations, !isQuantized else { return result }
    let uses = uses()
    for id in values {
      guard
        let region = ScalableRegion(
          after: id, in: self, uses: uses,
          accepting: { recipe.reasonForFloat($0, in: self) == nil })
      else { continue }
      let seen = region.stored.compactMap { channels(self[$0].name) }
      let bounds = region.stored.compactMap { ranges(self[$0].name) }
      guard seen.count == region.stored.count, bounds.count == seen.count,
        let factors = EqualizationFactors(
          seen, ranges: bounds, consumers: region.consumers.compactMap(channelConsumer))
      else { continue }
      try scale(region, by: factors.exponents)
      for value in region.stored { result[value] = factors.exponents }
    }
    return result
  }

  private mutating func scale(
    _ region: ScalableRegion, by exponents: [Int]
  ) throws(Diagnostic) {
    for index in operands(of: region.producer).indices.dropFirst() {
      guard let tensor = constant(operand(index, of: region.producer)) else { continue }
      let rowSize = tensor.shape.elementCount / exponents.count
      try replace(index, of: region.producer, tensor) { exponents[$0 / rowSize] }
    }
    for id in region.consumers {
      guard let consumer = channelConsumer(id) else { continue }
      try replace(1, of: id, consumer.weights) { -exponents[consumer.channel(of: $0)] }
    }
  }

  /// Lets a constant operand be multiplied by a power of two for each element.
  private mutating func replace(
    _ operand: Int, of user: ValueID, _ tensor: Tensor, exponent: (Int) -> Int
  ) throws(Diagnostic) {
    let floats = tensor.floats.enumerated().map { index, value in
      value * Float(sign: .plus, exponent: exponent(index), significand: 1)
    }
    setOperand(operand, of: user, to: appendConstant(try Tensor(.f32, tensor.shape, floats)))
  }
}
