extension AccumulatorProof {
  /// How the weights of one column lie in an array.
  package enum Layout: Hashable, Sendable {
    /// Side by side, as those of a convolution's output channel.
    case columnsTogether
    /// A row of the matrix is side by side.
    case rowsTogether
  }

  /// Bounds the sums of the columns that `weights` is divided into.
  ///
  /// - Parameters:
  ///   - weights: `columnCount` columns of equal length.
  ///   - columnCount: at least 1, unless there are no weights.
  ///   - layout: how the columns lie in `weights`.
  ///   - bias: one for each column, or empty.
  ///   - activations: what the weights are multiplied with.
  package init(
    weights: [Int8], columnCount: Int, layout: Layout, bias: [Int32], activations: Activations
  ) {
    let depth = weights.count / max(columnCount, 1)
    var columns = weights
    if layout == .rowsTogether {
      for column in 0..<columnCount {
        for row in 0..<depth {
          columns[column * depth + row] = weights[row * columnCount + column]
        }
      }
    }
    self.init(
      columns: (0..<columnCount).map { columns[($0 * depth)..<(($0 + 1) * depth)] }, bias: bias,
      activations: activations)
  }
}
