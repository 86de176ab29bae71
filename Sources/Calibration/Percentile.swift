extension TensorStatistics {
  /// The range between two quantiles: `(100 - p) / 200` of all finite values lie below it, as many
  /// above; symmetric, `(100 - p) / 100` of the magnitudes lie above it.
  ///
  /// Values are taken as evenly spread over their bins, zeros as exactly 0.
  func percentileRange(_ percentage: Double, _ grid: StorageGrid) -> ClosedRange<Float> {
    let left = (100 - percentage) / 100
    if grid.isSymmetric {
      let extent = Float(quantile(1 - left, of: magnitudeMasses))
      return -extent...extent
    }
    let masses = signedMasses
    let low = quantile(left / 2, of: masses)
    let high = quantile(1 - left / 2, of: masses)
    return Float(min(low, high))...Float(max(low, high))
  }

  /// Values between two bounds.
  private struct Mass {
    let lower: Double
    let upper: Double
    let count: Double
  }

  /// The value below which the share `share` of the mass lies.
  private func quantile(_ share: Double, of masses: [Mass]) -> Double {
    var rank = share * Double(finiteCount)
    for mass in masses {
      if rank <= mass.count {
        return mass.lower + (mass.upper - mass.lower) * (rank / mass.count)
      }
      rank -= mass.count
    }
    return masses.last?.upper ?? 0
  }

  /// Bins and zeros in ascending order.
  private var signedMasses: [Mass] {
    let width = histogram.width
    let zeros = Mass(lower: 0, upper: 0, count: Double(zeroCount))
    var result: [Mass] = []
    for (index, count) in histogram.counts.enumerated() {
      let bin = histogram.lowestBin + index
      if bin == 0, zeroCount > 0 { result.append(zeros) }
      guard count > 0 else { continue }
      result.append(
        Mass(lower: Double(bin) * width, upper: Double(bin + 1) * width, count: Double(count)))
    }
    return result
  }

  /// Bins of magnitudes and zeros in ascending order.
  private var magnitudeMasses: [Mass] {
    let width = histogram.width
    var result = zeroCount > 0 ? [Mass(lower: 0, upper: 0, count: Double(zeroCount))] : []
    for (bin, count) in histogram.magnitudes.enumerated() where count > 0 {
      result.append(
        Mass(lower: Double(bin) * width, upper: Double(bin + 1) * width, count: Double(count)))
    }
    return result
  }
}

extension PowerHistogram {
  /// Counts of magnitudes: bin `m` holds `[m * width, (m + 1) * width)`, negative values mirrored.
  var magnitudes: [UInt64] {
    let highest = max(lowestBin + counts.count - 1, -lowestBin - 1)
    var result = [UInt64](repeating: 0, count: max(highest + 1, 0))
    for (index, count) in counts.enumerated() where count > 0 {
      let bin = lowestBin + index
      result[bin >= 0 ? bin : -bin - 1] += count
    }
    return result
  }
}
