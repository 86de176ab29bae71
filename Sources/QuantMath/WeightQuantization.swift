import Diagnostics
import Tensors

/// Symmetric weights: the integers and one scale for each output channel.
package struct QuantizedWeights: Hashable, Sendable {
  /// The bounds of the integers: −128 is not used, so that sums of two products fit 16 bits.
  package static let bounds: ClosedRange<Int32> = -127...127
  /// A channel is dead when its largest magnitude is below this part of the tensor's.
  package static let deadFraction = 1e-8

  /// In the order of the float weights.
  package private(set) var values: [Int8]
  /// One for each channel.
  package private(set) var scales: [Float]
  let layout: ChannelLayout

  /// Quantizes `weights` with `scale[c] = max|w[c]| / 127`.
  ///
  /// - Parameters:
  ///   - weights: row-major.
  ///   - shape: of `weights`.
  ///   - axis: the output channels' axis, counted from the front.
  /// - Throws: `QC1013` for a weight that is not finite; `QC3003` for a scale above 2¹⁰⁰.
  package init(_ weights: [Float], shape: Shape, axis: Int) throws(Diagnostic) {
    layout = ChannelLayout(shape, axis: axis)
    var extents = [Float](repeating: 0, count: layout.channelCount)
    for (index, weight) in weights.enumerated() {
      guard weight.isFinite else {
        throw Diagnostic(.nonFiniteWeights, "weight \(index) is \(weight)")
      }
      let channel = layout.channel(of: index)
      extents[channel] = max(extents[channel], weight.magnitude)
    }
    let limit = Double(extents.max() ?? 0) * QuantizedWeights.deadFraction
    let isDead = extents.map { $0 == 0 || Double($0) < limit }
    let live = zip(extents, isDead).filter { !$1 }.map { QuantizedWeights.scale(of: $0.0) }.sorted()
    let substitute = live.isEmpty ? 1 : live[(live.count - 1) / 2]
    scales = zip(extents, isDead).map { $1 ? substitute : QuantizedWeights.scale(of: $0) }
    values = [Int8](repeating: 0, count: weights.count)
    for scale in scales where !QuantParams.scaleBounds.contains(scale) {
      throw Diagnostic(.invalidQuantization, "the weights need a scale of \(scale)")
    }
    for (index, weight) in weights.enumerated() where !isDead[layout.channel(of: index)] {
      values[index] = QuantizedWeights.stored(weight, scale: scales[layout.channel(of: index)])
    }
  }

  /// Quantizes one channel anew, with a larger scale.
  package mutating func enlargeScale(ofChannel channel: Int, to scale: Float, from weights: [Float])
  {
    scales[channel] = scale
    for (index, weight) in weights.enumerated() where layout.channel(of: index) == channel {
      values[index] = QuantizedWeights.stored(weight, scale: scale)
    }
  }

  /// Sets one integer, within ``bounds``.
  mutating func setValue(_ value: Int8, at index: Int) { values[index] = value }

  private static func scale(of extent: Float) -> Float {
    max(Float(Double(extent) / 127), QuantParams.scaleBounds.lowerBound)
  }

  private static func stored(_ weight: Float, scale: Float) -> Int8 {
    Int8(quantize(weight, scale: scale, zeroPoint: 0, bounds: bounds))
  }
}

/// Which channel a row-major index belongs to.
package struct ChannelLayout: Hashable, Sendable {
  package let channelCount: Int
  /// Elements between neighbouring channels.
  package let innerCount: Int

  package init(_ shape: Shape, axis: Int) {
    channelCount = shape[axis]
    innerCount = shape.dims[(axis + 1)...].reduce(1, *)
  }

  package func channel(of index: Int) -> Int { index / innerCount % channelCount }
}
