/// How the values that a convolution's weights multiply vary together.
package struct TapMoments: Hashable, Sendable {
  /// Independent convolutions.
  package let groupCount: Int
  /// Weights of one output channel.
  package let size: Int
  /// How many times each weight was seen.
  package let count: Double
  /// For each group the mean of what each weight multiplies.
  package let means: [Double]
  /// For each group and weight i the means of the products with 0...i.
  package let products: [Double]

  package init(
    groupCount: Int, size: Int, count: Double, means: [Double], products: [Double]
  ) {
    precondition(means.count == groupCount * size)
    precondition(products.count == groupCount * size * (size + 1) / 2)
    self.groupCount = groupCount
    self.size = size
    self.count = count
    self.means = means
    self.products = products
  }

  /// The off-diagonal part that is taken for chance at least.
  private static let leastShrinkage = 0.03
  /// The part of the mean square that each weight's own square is enlarged by.
  private static let floor = 0.001

  /// The weights of the squared error, row-major `[size, size]`: the mean products, those of
  /// unlike weights shrunk a little.
  ///
  /// - Parameters:
  ///   - group: which convolution.
  ///   - factors: by which what each weight multiplies was multiplied.
  /// - Returns: one number for each pair of weights, symmetric.
  func errorWeights(ofGroup group: Int, factors: [Double]) -> [Double] {
    let share = 1 - min(1, max(TapMoments.leastShrinkage, 10 * Double(size) / count))
    var result = [Double](repeating: 0, count: size * size)
    var entry = group * size * (size + 1) / 2
    for i in 0..<size {
      for j in 0...i {
        let value = products[entry] * factors[i] * factors[j]
        entry += 1
        result[i * size + j] = i == j ? value : value * share
        result[j * size + i] = result[i * size + j]
      }
    }
    let trace = (0..<size).reduce(0) { $0 + result[$1 * (size + 1)] }
    for i in 0..<size { result[i * (size + 1)] += TapMoments.floor * trace / Double(size) }
    return result
  }
}
