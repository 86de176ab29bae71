import Tensors

/// What is known of the channels that weights multiply.
package struct InputStatistics: Hashable, Sendable {
  package let means: [Double]
  package let variances: [Double]

  package init(means: [Double], variances: [Double]) {
    precondition(means.count == variances.count)
    self.means = means
    self.variances = variances
  }
}

extension QuantizedWeights {
  /// Rounds weights to the farther integer where the products' error falls by it.
  ///
  /// With `d` the real weights less the quantized ones, the error of an output channel is
  /// `(Σ d · mean)² + Σ d² · variance`. The weight whose other integer lowers it most goes there, of
  /// equal ones the first; each weight goes at most once, until none lowers it.
  ///
  /// - Parameters:
  ///   - floats: what the weights were quantized from.
  ///   - inputs: the statistics of the channels that the weights multiply.
  ///   - input: the channel of the weight at a row-major index.
  /// - Returns: for each output channel `Σ d · mean`: what a bias has to make up for.
  package mutating func keepMeans(
    of floats: [Float], inputs: InputStatistics, input: (Int) -> Int
  ) -> [Double] {
    var members = [[Int]](repeating: [], count: scales.count)
    for index in floats.indices { members[layout.channel(of: index)].append(index) }
    return members.enumerated().map { channel, indices in
      var rounding = ChannelRounding(
        weights: indices.map { Double(floats[$0]) }, integers: indices.map { Int(values[$0]) },
        scale: Double(scales[channel]), means: indices.map { inputs.means[input($0)] },
        variances: indices.map { inputs.variances[input($0)] })
      rounding.improve()
      for (place, index) in indices.enumerated() {
        setValue(Int8(rounding.integers[place]), at: index)
      }
      return rounding.shift
    }
  }
}

/// The integers of one output channel.
private struct ChannelRounding {
  private(set) var integers: [Int]
  /// `Σ d · mean`.
  private(set) var shift = 0.0
  private let scale: Double
  private let means: [Double]
  private let variances: [Double]
  private var differences: [Double]

  init(weights: [Double], integers: [Int], scale: Double, means: [Double], variances: [Double]) {
    self.integers = integers
    self.scale = scale
    self.means = means
    self.variances = variances
    differences = zip(weights, integers).map { $0 - Double($1) * scale }
    for (difference, mean) in zip(differences, means) { shift += difference * mean }
  }

  mutating func improve() {
    var isOpen = [Bool](repeating: true, count: integers.count)
    while true {
      var best: (change: Double, index: Int)?
      for index in integers.indices where isOpen[index] {
        let value = change(index)
        if value < best?.change ?? 0 { best = (value, index) }
      }
      guard let index = best?.index else { return }
      let step = step(index)
      integers[index] += step
      shift -= Double(step) * scale * means[index]
      differences[index] -= Double(step) * scale
      isOpen[index] = false
    }
  }

  /// Towards the farther integer; 0 where there is none.
  private func step(_ index: Int) -> Int {
    let difference = differences[index]
    let step = difference > 0 ? 1 : difference < 0 ? -1 : 0
    let next = Int32(integers[index] + step)
    return QuantizedWeights.bounds.contains(next) ? step : 0
  }

  /// By how much the error grows.
  private func change(_ index: Int) -> Double {
    let step = Double(step(index)) * scale
    let (newShift, newDifference) = (shift - step * means[index], differences[index] - step)
    return newShift * newShift - shift * shift
      + variances[index]
      * (newDifference * newDifference - differences[index] * differences[index])
  }
}
