import Diagnostics
import Foundation
import Tensors

/// Named inputs with as many samples each, and, from a data set, how their answers are scored.
package struct SampleSet: Sendable {
  /// The inputs in the order in which they were given (alphabetical from a data set).
  package let inputs: [(name: String, column: SampleColumn)]
  package let count: Int
  package let labels: SampleLabels?
  package let metric: MetricDescription?
  /// Model output name to its values by another runtime.
  package let expected: [String: SampleColumn]
  /// Model input name to the model output that the next sample takes.
  package let feedback: [String: String]
  /// Model input name to how many entries of each sample's axis 0 are real.
  package let lengths: [String: [Int]]

  /// - Throws: `QC4002` when the inputs have different numbers of samples, `QC3004` when they
  ///   have none.
  init(
    inputs: [(name: String, column: SampleColumn)], labels: SampleLabels? = nil,
    metric: MetricDescription? = nil, expected: [String: SampleColumn] = [:],
    feedback: [String: String] = [:], lengths: [String: [Int]] = [:]
  ) throws(Diagnostic) {
    guard let first = inputs.first else {
      throw Diagnostic(.usage, "no input was given", hint: "--input <name>=<samples.npy>")
    }
    let names = inputs.map(\.name)
    if let twice = names.indices.first(where: { names[..<$0].contains(names[$0]) }) {
      throw Diagnostic(.usage, "the input '\(names[twice])' is given twice")
    }
    for (name, column) in inputs where column.count != first.column.count {
      throw Diagnostic(
        .wrongArray,
        "\(column.count) samples, but '\(first.name)' has \(first.column.count)", at: name,
        hint: "axis 0 counts the samples, and all inputs need as many", file: column.file)
    }
    guard first.column.count > 0 else {
      throw Diagnostic(
        .emptyCalibration, "the array has no samples", at: first.name, file: first.column.file)
    }
    self.inputs = inputs
    count = first.column.count
    self.labels = labels
    self.metric = metric
    self.expected = expected
    self.feedback = feedback
    self.lengths = lengths
  }

  /// Samples from `--input` arguments: `name=array.npy`, `name=arrays.npz` (the array of that
  /// name), or `arrays.npz` alone, whose names are the inputs.
  ///
  /// - Throws: `QC0001` for an argument of another form, and what reading the files throws.
  package init(arguments: [String]) throws(Diagnostic) {
    var inputs: [(name: String, column: SampleColumn)] = []
    for argument in arguments {
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let path = String(parts[parts.count - 1])
      let isArchive = path.lowercased().hasSuffix(".npz")
      guard !path.isEmpty, parts.count == 2 ? !parts[0].isEmpty : isArchive else {
        throw Diagnostic(
          .usage, "'\(argument)' does not say which input the array is for",
          hint: "--input <name>=<samples.npy>, or --input <samples.npz>")
      }
      if !isArchive {
        inputs.append((String(parts[0]), try SampleSet.column([NPY.read(path)], file: path)))
        continue
      }
      let archive = try NPZArchive(path: path)
      for name in parts.count == 2 ? [String(parts[0])] : archive.names {
        inputs.append((name, try SampleSet.column([archive.array(name)], file: path)))
      }
    }
    try self.init(inputs: inputs)
  }

  /// Samples from arrays in memory, axis 0 counting them.
  ///
  /// - Throws: `QC4002` when the arrays do not agree on the number of samples.
  package init(arrays: [(name: String, array: Tensor)]) throws(Diagnostic) {
    var inputs: [(name: String, column: SampleColumn)] = []
    for (name, array) in arrays {
      inputs.append((name, try SampleSet.column([array], file: nil)))
    }
    try self.init(inputs: inputs)
  }

  private static func column(
    _ arrays: [Tensor], file: String?
  ) throws(Diagnostic) -> SampleColumn {
    try SampleColumn(.arrays(arrays), file: file)
  }
}
