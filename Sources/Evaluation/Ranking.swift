/// Order among numbers.
package enum Ranking {
  /// The index of the largest value, the lower one of equal values; `nil` without a value that is
  /// a number.
  package static func argmax(_ values: [Float]) -> Int? {
    values.withUnsafeBufferPointer { values in
      var best: Int?
      for index in 0..<values.count where !values[index].isNaN {
        guard let found = best else {
          best = index
          continue
        }
        if values[index] > values[found] { best = index }
      }
      return best
    }
  }

  /// The indices of the `count` largest values, largest first, the lower of equal ones first.
  package static func top(_ count: Int, of values: [Float]) -> [Int] {
    let order = values.indices.filter { !values[$0].isNaN }
      .sorted { (values[$0], -$0) > (values[$1], -$1) }
    return Array(order.prefix(count))
  }

  /// The rank of each value, counted from 1; equal values share their mean rank.
  package static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var result = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      for place in start..<end { result[order[place]] = Double(start + end + 1) / 2 }
      start = end
    }
    return result
  }

  /// Spearman's rank correlation: Pearson's of the ranks; `nil` where one side is constant.
  package static func spearman(_ lhs: [Double], _ rhs: [Double]) -> Double? {
    precondition(lhs.count == rhs.count, "correlation needs pairs")
    let (a, b) = (ranks(lhs), ranks(rhs))
    let mean = Double(a.count + 1) / 2
    var (product, squareA, squareB) = (0.0, 0.0, 0.0)
    for (x, y) in zip(a, b) {
      product += (x - mean) * (y - mean)
      squareA += (x - mean) * (x - mean)
      squareB += (y - mean) * (y - mean)
    }
    guard squareA > 0, squareB > 0 else { return nil }
    return product / (squareA * squareB).squareRoot()
  }
}
