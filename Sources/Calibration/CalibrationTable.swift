import Diagnostics

/// The product of `quantc calibrate`: what every float tensor of a model took on over a set of
/// samples.
///
/// Tables of disjoint sets of samples merge exactly: the merged table is the table of one run over
/// all of them, byte for byte, whatever the order.
package struct CalibrationTable: Hashable, Sendable {
  /// One sample that was run.
  package struct Sample: Hashable, Sendable {
    /// Its place in the whole set of samples.
    package let index: Int
    /// SHA-256 of its inputs.
    package let hash: String
    /// Whether it was left out because an input was not finite.
    package let isSkipped: Bool
  }

  /// SHA-256 of the model whose tensors these are.
  package let modelHash: String
  /// The samples in ascending order of their indices.
  package internal(set) var samples: [Sample] = []
  /// Model input name to the smallest and largest extent of each axis over the samples; `nil`
  /// where the rank differed.
  package internal(set) var inputExtents: [String: [ClosedRange<Int>]?] = [:]
  package internal(set) var tensors: [String: TensorStatistics] = [:]

  package init(modelHash: String) { self.modelHash = modelHash }

  /// The names of the tensors in alphabetical order.
  package var tensorNames: [String] { tensors.keys.sorted() }

  /// SHA-256 over the hashes of the samples, in order.
  package var dataHash: String {
    SHA256Digest.hex(of: samples.map { "\($0.index) \($0.hash)\n" }.joined())
  }

  /// The samples that the statistics are of.
  package var usedSampleCount: Int { samples.count { !$0.isSkipped } }

  /// Adds a table of other samples of the same model.
  ///
  /// - Throws: `QC3005` when the models or their tensors differ, or a sample is in both.
  package mutating func merge(_ other: CalibrationTable) throws(Diagnostic) {
    try requireModel(other.modelHash)
    let mine = Set(samples.map(\.index))
    if let twice = other.samples.first(where: { mine.contains($0.index) }) {
      throw Diagnostic(
        .foreignCalibration, "sample \(twice.index) is in both tables",
        hint: "merge tables of disjoint parts of the samples")
    }
    if usedSampleCount > 0, other.usedSampleCount > 0, tensorNames != other.tensorNames {
      let odd = Set(tensorNames).symmetricDifference(other.tensorNames).sorted()
      throw Diagnostic(
        .foreignCalibration, "only one of the tables has this tensor", at: odd.first,
        hint: "calibrate all parts with the same program")
    }
    add(other)
  }

  /// Adds a table of other samples, known to be of the same model.
  mutating func add(_ other: CalibrationTable) {
    samples = (samples + other.samples).sorted { $0.index < $1.index }
    for (name, statistics) in other.tensors {
      tensors[name, default: TensorStatistics()].merge(statistics)
    }
    for (name, extents) in other.inputExtents { widen(name, extents) }
  }

  /// - Throws: `QC3005` when the table is of another model.
  package func requireModel(_ hash: String) throws(Diagnostic) {
    guard modelHash == hash else {
      throw Diagnostic(
        .foreignCalibration,
        "the table is of the model \(modelHash.prefix(12)), not of \(hash.prefix(12))",
        hint: "was the model exported anew? run quantc calibrate again")
    }
  }

  mutating func widen(_ name: String, _ extents: [ClosedRange<Int>]?) {
    guard let known = inputExtents[name] else {
      inputExtents[name] = .some(extents)
      return
    }
    guard let known, let extents, known.count == extents.count else {
      inputExtents[name] = .some(nil)
      return
    }
    inputExtents[name] = zip(known, extents).map {
      min($0.lowerBound, $1.lowerBound)...max($0.upperBound, $1.upperBound)
    }
  }
}
