import Diagnostics
import Tensors

/// The true answers, one row per sample (per pair of samples for `pair_spearman`).
package enum SampleLabels: Hashable, Sendable {
  /// The accepted classes of each sample; a row without any is not scored.
  case classes([[Int]])
  case scores([Double])

  package var count: Int {
    switch self {
    case .classes(let rows): rows.count
    case .scores(let values): values.count
    }
  }

  func restricted(to range: Range<Int>) -> SampleLabels {
    switch self {
    case .classes(let rows): .classes(Array(rows[range]))
    case .scores(let values): .scores(Array(values[range]))
    }
  }

  /// Labels from an array `[n]` or `[n, k]`, `-1` meaning none; `offset` is added to every label
  /// that is not negative.
  ///
  /// - Throws: `QC4002` for another rank or element type, or a label that is out of range.
  package static func classes(_ array: Tensor, offset: Int) throws(Diagnostic) -> SampleLabels {
    guard (1...2).contains(array.shape.rank), let values = array.integers else {
      throw Diagnostic(
        .wrongArray,
        "labels are integers [n] or [n, k], not \(array.shape) "
          + array.element.rawValue)
    }
    let width = array.shape.rank == 2 ? array.shape[1] : 1
    var rows: [[Int]] = []
    for row in 0..<array.shape[0] {
      var accepted: [Int] = []
      for value in values[row * width..<(row + 1) * width] where value >= 0 {
        let (label, overflow) = Int(value).addingReportingOverflow(offset)
        guard !overflow, label >= 0 else {
          throw Diagnostic(.wrongArray, "label \(value) of row \(row) with offset \(offset)")
        }
        accepted.append(label)
      }
      rows.append(accepted)
    }
    return .classes(rows)
  }

  /// Labels from an array of numbers `[n]`.
  ///
  /// - Throws: `QC4002` for another rank, `QC3009` for a number that is not finite.
  package static func scores(_ array: Tensor) throws(Diagnostic) -> SampleLabels {
    guard array.shape.rank == 1 else {
      throw Diagnostic(.wrongArray, "scores have the shape [n], not \(array.shape)")
    }
    let values = try array.convertedToFloats().map { Double($0) }
    guard values.allSatisfy(\.isFinite) else {
      throw Diagnostic(.nonFiniteSamples, "a score is not finite")
    }
    return .scores(values)
  }
}
