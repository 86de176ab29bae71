extension QuantizedWeights {
  /// Moves integers to where the squared error of a convolution's sums is least.
  ///
  /// With `d` the real weights less the quantized ones and `M` the error's weights, the error of an
  /// output channel is `Σ d[i] · M[i, j] · d[j]`. The step of one integer by one that lowers it most
  /// is taken, of equal ones the first, until none lowers it.
  ///
  /// - Parameters:
  ///   - floats: row-major `[outputs, size]`, what the weights were quantized from; the axis of the
  ///     channels is 0.
  ///   - moments: of what the weights multiply.
  ///   - factor: by which what weight `index` of a group multiplies was multiplied.
  /// - Returns: for each output channel `Σ d · mean`: what a bias has to make up for.
  package mutating func lowerError(
    of floats: [Float], moments: TapMoments, factor: (_ group: Int, _ index: Int) -> Double
  ) -> [Double] {
    let size = moments.size
    let rowsPerGroup = max(scales.count / moments.groupCount, 1)
    var shifts: [Double] = []
    for group in 0..<moments.groupCount {
      let factors = (0..<size).map { factor(group, $0) }
      let errorWeights = moments.errorWeights(ofGroup: group, factors: factors)
      for row in group * rowsPerGroup..<(group + 1) * rowsPerGroup {
        let places = row * size..<(row + 1) * size
        var search = RoundingSearch(
          weights: floats[places].map { Double($0) }, integers: values[places].map { Int($0) },
          scale: Double(scales[row]), errorWeights)
        search.run()
        for (place, integer) in zip(places, search.integers) { setValue(Int8(integer), at: place) }
        shifts.append(
          search.differences.indices.reduce(0) {
            $0 + search.differences[$1] * moments.means[group * size + $1] * factors[$1]
          })
      }
    }
    return shifts
  }
}

/// The integers of one output channel, moved one step at a time.
private struct RoundingSearch {
  private(set) var integers: [Int]
  /// The real weights less the quantized ones.
  private(set) var differences: [Double]
  private let scale: Double
  private let errorWeights: [Double]
  /// `errorWeights · differences`.
  private var slopes: [Double]

  /// What the error has to fall by, as a part of what it was, for a step to be taken.
  private static let leastFall = 0x1p-40

  init(weights: [Double], integers: [Int], scale: Double, _ errorWeights: [Double]) {
    self.integers = integers
    self.scale = scale
    self.errorWeights = errorWeights
    let size = weights.count
    let differences = zip(weights, integers).map { $0 - Double($1) * scale }
    slopes = (0..<size).map { row in
      (0..<size).reduce(0) { $0 + errorWeights[row * size + $1] * differences[$1] }
    }
    self.differences = differences
  }

  mutating func run() {
    let error = zip(differences, slopes).reduce(0) { $0 + $1.0 * $1.1 }
    let least = -RoundingSearch.leastFall * error
    let size = integers.count
    // Each step lowers the error; the limit only bounds the time.
    for _ in 0..<16 * size {
      var best: (change: Double, index: Int, step: Int)?
      for index in 0..<size {
        let slope = slopes[index]
        let step = slope > 0 ? 1 : -1
        guard QuantizedWeights.bounds.contains(Int32(integers[index] + step)) else { continue }
        let change =
          scale * (scale * errorWeights[index * (size + 1)] - 2 * slope.magnitude)
        if change < best?.change ?? least { best = (change, index, step) }
      }
      guard let best else { return }
      let move = Double(best.step) * scale
      integers[best.index] += best.step
      differences[best.index] -= move
      for row in 0..<size { slopes[row] -= move * errorWeights[row * size + best.index] }
    }
  }
}
