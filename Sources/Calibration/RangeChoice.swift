import Diagnostics

/// What the ranges are for: the integers that the tensor will be stored in.
package struct StorageGrid: Hashable, Sendable {
  /// Number of integers: 256 for 8 bits.
  package let levelCount: Int
  /// Whether the zero point is fixed to the middle.
  package let isSymmetric: Bool

  package init(levelCount: Int = 256, isSymmetric: Bool = false) {
    self.levelCount = levelCount
    self.isSymmetric = isSymmetric
  }
}

extension TensorStatistics {
  /// The range to quantize, always containing 0.
  ///
  /// A tensor that was always 0, or had no elements, gets `0...0`.
  /// - Throws: `QC3009` when all values were NaN or infinite.
  package func range(
    _ method: CalibrationMethod, for grid: StorageGrid = StorageGrid()
  ) throws(Diagnostic) -> ClosedRange<Float> {
    guard let extremes else {
      guard nanCount + infinityCount == 0 else {
        throw Diagnostic(
          .nonFiniteSamples, "none of its \(nanCount + infinityCount) values was finite",
          hint: "does the model need inputs that are scaled? see 'mean' and 'scale' of a data set")
      }
      return 0...0
    }
    let all = TensorStatistics.withZero(extremes)
    guard !histogram.counts.isEmpty else { return all }
    let chosen: ClosedRange<Float>
    switch method {
    case .minMax: return all
    case .movingAverage: chosen = averageRange ?? all
    case .percentile(let percentage): chosen = percentileRange(percentage, grid)
    case .entropy: chosen = entropyRange(all, grid)
    case .squaredError: chosen = leastErrorRange(all, grid)
    }
    return TensorStatistics.withZero(chosen.clamped(to: all))
  }

  private static func withZero(_ range: ClosedRange<Float>) -> ClosedRange<Float> {
    min(range.lowerBound, 0)...max(range.upperBound, 0)
  }
}

extension CalibrationTable {
  /// The range of each tensor, by name.
  ///
  /// - Throws: `QC3004` for a table without samples, `QC3009` for a tensor that was never finite.
  package func ranges(
    _ method: CalibrationMethod, for grid: StorageGrid = StorageGrid()
  ) throws(Diagnostic) -> [String: ClosedRange<Float>] {
    guard usedSampleCount > 0 else {
      throw Diagnostic(
        .emptyCalibration, "the table has no samples",
        hint: "run: quantc calibrate <model> --input <name>=<samples.npy>")
    }
    var result: [String: ClosedRange<Float>] = [:]
    for name in tensorNames {
      do throws(Diagnostic) {
        result[name] = try tensors[name]?.range(method, for: grid)
      } catch {
        var located = error
        located.location = name
        throw located
      }
    }
    return result
  }
}
