/// Integer counts over bins of width `2^exponent` whose edges are multiples of it.
///
/// Bin `k` holds the values in `[k * 2^exponent, (k + 1) * 2^exponent)`. The exponent is the least
/// by which the range of the data, widened to 0, takes at most ``binLimit`` bins: it depends on
/// the data alone, never on their order, and two bins of one width make one bin of the next. So
/// histograms of parts add up exactly to the histogram of the whole.
///
/// Zeros and non-finite values are not in it; they are counted elsewhere.
package struct PowerHistogram: Hashable, Sendable {
  /// `log2` of the width of a bin; meaningless while ``counts`` is empty.
  package private(set) var exponent: Int
  /// The number of the first bin.
  package private(set) var lowestBin: Int
  /// What lies in the bins from ``lowestBin`` on; from the first to the last bin of the range.
  package internal(set) var counts: [UInt64]

  /// Most bins of a histogram.
  package static let binLimit = 4096

  package static let empty = PowerHistogram(exponent: 0, lowestBin: 0, counts: [])

  init(exponent: Int, lowestBin: Int, counts: [UInt64]) {
    self.exponent = exponent
    self.lowestBin = lowestBin
    self.counts = counts
  }

  /// An empty histogram over a range, which is widened to contain 0.
  init(covering range: ClosedRange<Float>) {
    let (low, high) = (min(Double(range.lowerBound), 0), max(Double(range.upperBound), 0))
    guard high > low else {
      self = .empty
      return
    }
    var exponent = Int(max(high, -low).exponent) - 12
    while PowerHistogram.bins(low, high, exponent).count > PowerHistogram.binLimit {
      exponent += 1
    }
    let bins = PowerHistogram.bins(low, high, exponent)
    self.init(
      exponent: exponent, lowestBin: bins.lowerBound,
      counts: [UInt64](repeating: 0, count: bins.count))
  }

  private static func bins(
    _ low: Double, _ high: Double, _ exponent: Int
  ) -> ClosedRange<Int> {
    let width = Double(sign: .plus, exponent: exponent, significand: 1)
    return Int((low / width).rounded(.down))...Int((high / width).rounded(.down))
  }

  /// Width of a bin.
  package var width: Double { Double(sign: .plus, exponent: exponent, significand: 1) }
  package var total: UInt64 { counts.reduce(0, +) }

  /// Adds the counts of `other`, in bins over `range`, which holds all data of both.
  mutating func merge(_ other: PowerHistogram, covering range: ClosedRange<Float>) {
    var merged = PowerHistogram(covering: range)
    merged.add(self)
    merged.add(other)
    self = merged
  }

  /// Widens the bins to a range that holds all data so far.
  mutating func grow(to range: ClosedRange<Float>) {
    var grown = PowerHistogram(covering: range)
    guard
      grown.exponent != exponent || grown.lowestBin != lowestBin
        || grown.counts.count != counts.count
    else { return }
    grown.add(self)
    self = grown
  }

  /// Adds the counts of a histogram whose bins are not wider and lie within the range of this one.
  private mutating func add(_ other: PowerHistogram) {
    guard !other.counts.isEmpty else { return }
    let shift = exponent - other.exponent
    precondition(shift >= 0, "a wider histogram cannot be added")
    for (index, count) in other.counts.enumerated() where count > 0 {
      counts[((other.lowestBin + index) >> shift) - lowestBin] += count
    }
  }
}

extension PowerHistogram {
  /// The counts with `-n` for each `n` consecutive empty bins.
  var runs: [Int64] {
    var result: [Int64] = []
    var empty: Int64 = 0
    for count in counts {
      if count == 0 {
        empty += 1
        continue
      }
      if empty > 0 { result.append(-empty) }
      empty = 0
      result.append(Int64(clamping: count))
    }
    if empty > 0 { result.append(-empty) }
    return result
  }

  /// The counts that `runs` stands for; `nil` when they are not `binCount`.
  static func counts(of runs: [Int64], binCount: Int) -> [UInt64]? {
    var result: [UInt64] = []
    for run in runs {
      guard run >= 0 || run > -Int64(binLimit) - 1, result.count < binCount else { return nil }
      if run >= 0 {
        result.append(UInt64(run))
      } else {
        result += [UInt64](repeating: 0, count: Int(-run))
      }
    }
    return result.count == binCount ? result : nil
  }
}
