import Diagnostics

extension SampleSet {
  /// What a split has one entry of per sample.
  struct Parts {
    var columns: [String: SampleColumn]
    var labels: SampleLabels?
    var expected: [String: SampleColumn]
    var lengths: [String: [Int]]
    var count: Int
    /// Whether a label belongs to a pair of samples, `i` and `i + count / 2`.
    var pairs: Bool

    /// The parts cut to the samples of `range`.
    ///
    /// - Throws: `QC4002` when the parts have different numbers of samples, `QC4003` for a range
    ///   that ends behind the last sample or cuts pairs.
    func restricted(to range: Range<Int>?, at path: String) throws(Diagnostic) -> Parts {
      let rows = pairs ? count / 2 : count
      if let labels, labels.count != rows || (pairs && count % 2 != 0) {
        throw Diagnostic(
          .wrongArray, "\(labels.count) labels for \(count) samples", at: "\(path).labels")
      }
      for (output, column) in expected.sorted(by: { $0.key < $1.key })
      where column.count != count {
        throw Diagnostic(
          .wrongArray, "\(column.count) expected values for \(count) samples",
          at: "\(path).expected.\(output)", file: column.file)
      }
      for (name, column) in columns.sorted(by: { $0.key < $1.key }) where column.count != count {
        throw Diagnostic(
          .wrongArray, "\(column.count) samples, but another input has \(count)",
          at: "\(path).inputs.\(name)", file: column.file)
      }
      guard let range else { return self }
      guard range.upperBound <= count else {
        throw Diagnostic(
          .malformedDataset,
          "samples \(range.lowerBound)..<\(range.upperBound) of \(count)", at: "\(path).samples")
      }
      guard !pairs else {
        throw Diagnostic(
          .malformedDataset, "'samples' would cut the pairs of 'pair_spearman'",
          at: "\(path).samples")
      }
      var parts = self
      parts.count = range.count
      parts.columns = columns.mapValues { $0.restricted(to: range) }
      parts.expected = expected.mapValues { $0.restricted(to: range) }
      parts.labels = labels?.restricted(to: range)
      parts.lengths = lengths.mapValues { Array($0[range]) }
      return parts
    }
  }
}
