import Diagnostics
import Foundation
import Samples

extension CalibrationTable {
  /// Longest table that is read, in bytes.
  static let byteLimit = 1 << 28
  /// Largest count that is read, so that merging cannot overflow.
  static let countLimit: UInt64 = 1 << 48

  /// - Throws: `QC4004` when the file cannot be opened, `QC3006` when it is no sound table.
  package init(path: String) throws(Diagnostic) {
    do throws(Diagnostic) {
      try self.init(decoding: mappedFile(path))
    } catch {
      throw error.inFile(path)
    }
  }

  /// - Throws: `QC3006` when the text is no table, is damaged, or has another schema version.
  package init(decoding text: Data) throws(Diagnostic) {
    guard text.count <= CalibrationTable.byteLimit else {
      throw malformed("a table of \(text.count) bytes")
    }
    let file: CalibrationFile
    do {
      file = try JSONDecoder().decode(CalibrationFile.self, from: text)
    } catch {
      throw malformed("the text is not a calibration table: \(CalibrationTable.reason(error))")
    }
    guard file.schemaVersion == CalibrationFile.schemaVersion else {
      throw Diagnostic(
        .malformedCalibration, "schema version \(file.schemaVersion) is not known",
        hint: "this program reads version \(CalibrationFile.schemaVersion)")
    }
    guard SHA256Digest.isWellFormed(file.modelHash) else {
      throw malformed("the model's hash is no SHA-256")
    }
    self.init(modelHash: file.modelHash)
    try readSamples(file)
    for input in file.inputs {
      guard inputExtents[input.name] == nil else { throw malformed("input '\(input.name)' twice") }
      inputExtents[input.name] = .some(try CalibrationTable.extents(input))
    }
    for record in file.tensors {
      guard tensors[record.name] == nil else { throw malformed("'\(record.name)' twice") }
      tensors[record.name] = try TensorStatistics(record, samples)
    }
    guard contentHash == file.contentHash, dataHash == file.dataHash else {
      throw Diagnostic(
        .malformedCalibration, "the table is damaged or was edited: its hash differs",
        hint: "run quantc calibrate again")
    }
  }

  private mutating func readSamples(_ file: CalibrationFile) throws(Diagnostic) {
    var next = 0
    for run in file.samples {
      guard run.first >= next, !run.hashes.isEmpty, run.first < 1 << 40 else {
        throw malformed("the samples are not in order")
      }
      let skipped = Set(run.skipped)
      for (place, hash) in run.hashes.enumerated() {
        guard SHA256Digest.isWellFormed(hash) else { throw malformed("'\(hash)' is no SHA-256") }
        let index = run.first + place
        samples.append(Sample(index: index, hash: hash, isSkipped: skipped.contains(index)))
      }
      next = run.first + run.hashes.count
    }
    guard samples.count == file.sampleCount else {
      throw malformed("\(samples.count) samples, not \(file.sampleCount)")
    }
  }

  private static func extents(
    _ input: CalibrationFile.Input
  ) throws(Diagnostic) -> [ClosedRange<Int>]? {
    guard let axes = input.extents else { return nil }
    var result: [ClosedRange<Int>] = []
    for axis in axes {
      guard axis.count == 2, axis[0] >= 0, axis[0] <= axis[1] else {
        throw malformed("extents of input '\(input.name)'")
      }
      result.append(axis[0]...axis[1])
    }
    return result
  }

  /// What a decoding error says, without the decoder's own words around it.
  private static func reason(_ error: any Error) -> String {
    guard let error = error as? DecodingError else { return "it is no JSON" }
    switch error {
    case .keyNotFound(let key, _): return "'\(key.stringValue)' is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context),
      .dataCorrupted(let context):
      let path = context.codingPath.map(\.stringValue).joined(separator: ".")
      return path.isEmpty ? "it is no JSON" : "wrong value at '\(path)'"
    @unknown default: return "it is no JSON"
    }
  }
}

/// A table that contradicts itself.
private func malformed(_ reason: String) -> Diagnostic {
  Diagnostic(
    .malformedCalibration, reason, hint: "run quantc calibrate again; do not edit the table")
}

extension TensorStatistics {
  fileprivate init(
    _ record: CalibrationFile.TensorRecord, _ samples: [CalibrationTable.Sample]
  ) throws(Diagnostic) {
    self.init()
    let name = record.name
    finiteCount = record.finiteCount
    zeroCount = record.zeroCount
    nanCount = record.nanCount
    infinityCount = record.infinityCount
    for count in [finiteCount, nanCount, infinityCount] where count > CalibrationTable.countLimit {
      throw malformed("a count of '\(name)' is too large")
    }
    extremes = try TensorStatistics.range(record.range, of: name)
    if let bins = record.histogram {
      guard let extremes else { throw malformed("a histogram of '\(name)' without a range") }
      histogram = PowerHistogram(covering: extremes)
      guard bins.exponent == histogram.exponent, bins.lowestBin == histogram.lowestBin,
        let counts = PowerHistogram.counts(of: bins.counts, binCount: histogram.counts.count)
      else { throw malformed("the histogram of '\(name)' does not fit its range") }
      histogram.counts = counts
    }
    let counted = histogram.counts.reduce(into: (sum: zeroCount, overflow: false)) { total, count in
      let (sum, overflow) = total.sum.addingReportingOverflow(count)
      total = (sum, total.overflow || overflow)
    }
    guard !counted.overflow, counted.sum == finiteCount, (finiteCount > 0) == (extremes != nil)
    else { throw malformed("the counts of '\(name)' do not add up") }
    guard record.sampleMinima.count == samples.count, record.sampleMaxima.count == samples.count
    else { throw malformed("'\(name)' has not one range per sample") }
    for (place, sample) in samples.enumerated() {
      switch (record.sampleMinima[place], record.sampleMaxima[place]) {
      case (nil, nil): continue
      case (let low?, let high?):
        sampleExtremes[sample.index] = try TensorStatistics.range([low, high], of: name)
      case (nil, .some), (.some, nil): throw malformed("half a range of '\(name)'")
      }
    }
    channels =
      try record.channels.map { record throws(Diagnostic) in
        .known(try ChannelStatistics(record, of: name))
      } ?? .none
    products = try record.products.map { record throws(Diagnostic) in
      try ProductMoments(record, of: name)
    }
    for gain in record.gains ?? [] {
      guard gain.sample > gains.last?.sample ?? -1, gain.gain.isFinite, gain.gain >= 0 else {
        throw malformed("the gains of '\(name)'")
      }
      gains.append(OutputGain(sample: gain.sample, value: gain.gain))
    }
  }

  private static func range(
    _ bounds: [Float]?, of name: String
  ) throws(Diagnostic) -> ClosedRange<Float>? {
    guard let bounds else { return nil }
    guard bounds.count == 2, bounds[0].isFinite, bounds[1].isFinite, bounds[0] <= bounds[1] else {
      throw malformed("the range of '\(name)'")
    }
    return bounds[0]...bounds[1]
  }
}

extension ProductMoments {
  fileprivate init(
    _ record: CalibrationFile.Products, of name: String
  ) throws(Diagnostic) {
    guard record.groupCount > 0, record.size > 0,
      ProductMoments.isKept(groupCount: record.groupCount, size: record.size),
      record.count <= CalibrationTable.countLimit,
      record.sums.count == record.groupCount * record.size,
      record.products.count
        == ProductMoments.entryCount(groupCount: record.groupCount, size: record.size)
    else { throw malformed("the products of '\(name)'") }
    let sums = record.sums.compactMap { Int128($0) }
    let products = record.products.compactMap { Int128($0) }
    guard sums.count == record.sums.count, products.count == record.products.count else {
      throw malformed("a product's sum of '\(name)'")
    }
    self.init(
      groupCount: record.groupCount, size: record.size, count: record.count, sums: sums,
      products: products)
  }
}

extension ChannelStatistics {
  fileprivate init(
    _ record: CalibrationFile.Channels, of name: String
  ) throws(Diagnostic) {
    let count = record.minima.count
    guard record.axis >= 0, record.axis < 1 << 16,
      (1...ChannelStatistics.channelLimit).contains(count), record.maxima.count == count,
      record.sums.count == count,
      record.finiteCounts.count == count,
      record.finiteCounts.allSatisfy({ $0 <= CalibrationTable.countLimit })
    else { throw malformed("the channels of '\(name)'") }
    var sums: [Int128] = []
    for text in record.sums {
      guard let sum = Int128(text) else { throw malformed("a channel's sum of '\(name)'") }
      sums.append(sum)
    }
    self.init(
      axis: record.axis, minima: record.minima.map { $0 ?? .infinity },
      maxima: record.maxima.map { $0 ?? -.infinity }, sums: sums,
      finiteCounts: record.finiteCounts)
  }
}
