import Diagnostics
import Tensors

/// A bias in units of `inputScale * weightScale[c]`.
package struct QuantizedBias: Hashable, Sendable {
  /// A stored bias beyond this magnitude makes its channel's weight scale grow.
  package static let limit = 0x1p+30

  package let values: [Int32]
  /// `inputScale * weightScale[c]`, rounded to f32.
  package let scales: [Float]
  /// The channels whose weight scale was enlarged, ascending.
  package let rescaledChannels: [Int]

  /// Quantizes `bias`, and where an integer would be too large, the channel's weights anew.
  ///
  /// - Parameters:
  ///   - bias: one number for each channel of `weights`.
  ///   - inputScale: of the activations that the weights multiply.
  ///   - weights: already quantized from `floatWeights`; a channel may get a larger scale.
  ///   - floatWeights: what a channel that gets a larger scale is quantized from.
  /// - Throws: `QC1013` for a bias that is not finite; `QC3003` for a scale above 2¹⁰⁰.
  package init(
    _ bias: [Float], inputScale: Float, weights: inout QuantizedWeights, floatWeights: [Float]
  ) throws(Diagnostic) {
    var values: [Int32] = []
    var rescaled: [Int] = []
    for (channel, b) in bias.enumerated() {
      guard b.isFinite else {
        throw Diagnostic(.nonFiniteWeights, "bias \(channel) is \(b)")
      }
      var stored = QuantizedBias.stored(b, inputScale, weights.scales[channel])
      if stored.magnitude > QuantizedBias.limit {
        let scale = Float(
          Double(b.magnitude) * (1 + 0x1p-20) / (QuantizedBias.limit * Double(inputScale)))
        guard QuantParams.scaleBounds.contains(scale) else {
          throw Diagnostic(
            .invalidQuantization,
            "bias \(b) of channel \(channel) needs a weight scale of \(scale)",
            hint: "the bias is far beyond what the products of its channel can reach")
        }
        weights.enlargeScale(ofChannel: channel, to: scale, from: floatWeights)
        stored = QuantizedBias.stored(b, inputScale, scale)
        rescaled.append(channel)
      }
      values.append(Int32(stored))
    }
    self.values = values
    scales = weights.scales.map { Float(Double(inputScale) * Double($0)) }
    rescaledChannels = rescaled
  }

  private static func stored(_ bias: Float, _ inputScale: Float, _ weightScale: Float) -> Double {
    (Double(bias) / (Double(inputScale) * Double(weightScale))).rounded(.toNearestOrEven)
  }
}
