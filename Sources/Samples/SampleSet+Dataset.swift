import Diagnostics
import Foundation
import Tensors

extension SampleSet {
  /// The samples of one split of a `dataset.json`.
  ///
  /// - Parameters:
  ///   - path: the `dataset.json`.
  ///   - split: `calibration` or `dev`.
  ///   - environment: replaces `${NAME}` in `root` and in file names.
  /// - Throws: `QC4003` for a description that is malformed, and what reading its arrays throws.
  package init(
    dataset path: String, split: String,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(Diagnostic) {
    do throws(Diagnostic) {
      let file = try DatasetFile(parsing: mappedFile(path))
      guard let description = file.splits[split] else {
        throw Diagnostic(
          .malformedDataset, "there is no split '\(split)'", at: "splits",
          hint: "it has: \(file.splits.keys.sorted().joined(separator: ", "))")
      }
      let files = try DatasetFolder(of: path, root: file.root, environment: environment)
      try self.init(description, at: "splits.\(split)", files)
    } catch {
      throw error.inFile(path)
    }
  }

  private init(
    _ split: DatasetSplit, at path: String, _ files: DatasetFolder
  ) throws(Diagnostic) {
    var columns: [String: SampleColumn] = [:]
    var lengths: [String: [Int]] = [:]
    for (name, input) in split.inputs.sorted(by: { $0.key < $1.key }) {
      guard case .files(let names) = input.source else { continue }
      do throws(Diagnostic) {
        let column = try SampleSet.column(input, names, files)
        columns[name] = column.column
        if let counted = column.lengths { lengths[name] = counted }
      } catch {
        throw error.inDataset("\(path).inputs.\(name)")
      }
    }
    guard let count = columns.values.map(\.count).max() else {
      throw Diagnostic(
        .malformedDataset, "no input has a file, so the samples cannot be counted",
        at: "\(path).inputs")
    }
    let filled = columns
    for (name, input) in split.inputs.sorted(by: { $0.key < $1.key }) {
      guard case .fill(let value, let source) = input.source else { continue }
      switch source {
      case .dims(let dims):
        let shape = try Shape(dims)
        let values = [Double](repeating: value, count: shape.elementCount)
        let sample = try Tensor(.f64, shape, values)
        columns[name] = try SampleColumn(.fill(sample, count: count), file: nil)
      case .like(let other):
        guard let column = filled[other] else {
          throw Diagnostic(
            .malformedDataset, "'\(other)' is no input with a file",
            at: "\(path).inputs.\(name).like")
        }
        columns[name] = try SampleColumn(.fillLike(column, value), file: nil)
      }
    }
    var expected: [String: SampleColumn] = [:]
    for (output, name) in split.expected {
      let file = try files.path(name)
      expected[output] = try SampleColumn(.arrays([NPY.read(file)]), file: file)
    }
    let parts = try SampleSet.Parts(
      columns: columns, labels: SampleSet.labels(split, at: path, files), expected: expected,
      lengths: lengths, count: count, pairs: split.metric?.kind == .pairSpearman
    ).restricted(to: split.samples, at: path)
    try self.init(
      inputs: parts.columns.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
      labels: parts.labels, metric: split.metric, expected: parts.expected,
      feedback: split.inputs.compactMapValues(\.feedback), lengths: parts.lengths)
  }

  private static func column(
    _ input: DatasetInput, _ names: [String], _ files: DatasetFolder
  ) throws(Diagnostic) -> (column: SampleColumn, lengths: [Int]?) {
    var arrays: [Tensor] = []
    for name in names { arrays.append(try NPY.read(files.path(name))) }
    let file = try files.path(names[0])
    if let windows = input.windows {
      guard arrays.count == 1, input.lengths == nil else {
        throw Diagnostic(.malformedDataset, "windows need one file and no lengths")
      }
      let column = try SampleColumn(
        .windows(arrays[0], length: windows.length, before: windows.before),
        preprocessing: input.convert, file: file)
      return (column, nil)
    }
    guard let lengths = input.lengths else {
      return (
        try SampleColumn(.arrays(arrays), preprocessing: input.convert, file: file), nil
      )
    }
    let path = try files.path(lengths.file)
    let counted = try NPY.read(path)
    let column = try SampleColumn(.arrays(arrays), preprocessing: input.convert, file: file)
    let extent = arrays[0].shape.rank > 1 ? arrays[0].shape[1] : 0
    guard let values = counted.integers, counted.shape.dims == [column.count],
      values.allSatisfy({ $0 >= 1 && $0 <= Int64(extent) })
    else {
      throw Diagnostic(
        .wrongArray, "lengths are \(column.count) integers in 1...\(extent), one per sample",
        file: path)
    }
    let real = values.map { Int($0) }
    guard lengths.cut else { return (column, real) }
    let cut = try SampleColumn(
      .arrays(arrays), preprocessing: input.convert, cuts: real, file: file)
    return (cut, real)
  }

  private static func labels(
    _ split: DatasetSplit, at path: String, _ files: DatasetFolder
  ) throws(Diagnostic) -> SampleLabels? {
    guard let description = split.labels else {
      if let metric = split.metric, metric.needsLabels {
        throw Diagnostic(
          .malformedDataset, "the metric '\(metric.name)' needs labels", at: "\(path).labels")
      }
      return nil
    }
    let file = try files.path(description.file)
    let array = try NPY.read(file)
    do throws(Diagnostic) {
      return split.metric?.kind == .pairSpearman
        ? try .scores(array) : try .classes(array, offset: description.offset)
    } catch {
      throw error.inFile(file)
    }
  }
}

extension Diagnostic {
  /// The same problem, said to be at `path` of the data set when it has no place yet.
  fileprivate func inDataset(_ path: String) -> Diagnostic {
    var copy = self
    if copy.location == nil { copy.location = path }
    return copy
  }
}
