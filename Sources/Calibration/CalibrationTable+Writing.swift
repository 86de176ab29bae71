import Diagnostics
import Foundation
import Samples

extension CalibrationTable {
  /// The table as JSON text: the same table always gives the same bytes.
  ///
  /// - Throws: `QC9001` when the text cannot be made.
  package func encoded() throws(Diagnostic) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return try encoder.encode(CalibrationFile(self)) + Data("\n".utf8)
    } catch {
      throw Diagnostic(.internalError, "the calibration table cannot be written: \(error)")
    }
  }

  /// Writes the table: beside `path` first, then renamed onto it.
  ///
  /// - Throws: `QC7001` when `path` cannot be written.
  package func write(to path: String) throws(Diagnostic) {
    try writeFile([encoded()], to: path)
  }
}

extension CalibrationFile {
  init(_ table: CalibrationTable) {
    schemaVersion = CalibrationFile.schemaVersion
    contentHash = table.contentHash
    modelHash = table.modelHash
    dataHash = table.dataHash
    sampleCount = table.samples.count
    samples = CalibrationFile.runs(table.samples)
    inputs = table.inputExtents.keys.sorted().map { name in
      let extents = table.inputExtents[name] ?? nil
      return Input(name: name, extents: extents?.map { [$0.lowerBound, $0.upperBound] })
    }
    tensors = table.tensorNames.compactMap { name in
      table.tensors[name].map { TensorRecord(name, $0, table.samples) }
    }
  }

  private static func runs(_ samples: [CalibrationTable.Sample]) -> [SampleRun] {
    var result: [SampleRun] = []
    var start = 0
    for index in samples.indices {
      let next = index + 1
      guard next == samples.count || samples[next].index != samples[index].index + 1 else {
        continue
      }
      let run = samples[start..<next]
      result.append(
        SampleRun(
          first: samples[start].index, hashes: run.map(\.hash),
          skipped: run.filter(\.isSkipped).map(\.index)))
      start = next
    }
    return result
  }
}

extension CalibrationFile.TensorRecord {
  fileprivate init(
    _ name: String, _ statistics: TensorStatistics, _ samples: [CalibrationTable.Sample]
  ) {
    self.name = name
    finiteCount = statistics.finiteCount
    zeroCount = statistics.zeroCount
    nanCount = statistics.nanCount
    infinityCount = statistics.infinityCount
    range = statistics.extremes.map { [$0.lowerBound, $0.upperBound] }
    let bins = statistics.histogram
    histogram =
      bins.counts.isEmpty
      ? nil
      : .init(exponent: bins.exponent, lowestBin: bins.lowestBin, counts: bins.runs)
    sampleMinima = samples.map { statistics.sampleExtremes[$0.index]?.lowerBound }
    sampleMaxima = samples.map { statistics.sampleExtremes[$0.index]?.upperBound }
    channels = statistics.channelStatistics.map { channels in
      CalibrationFile.Channels(
        axis: channels.axis, minima: channels.minima.map { $0.isFinite ? $0 : nil },
        maxima: channels.maxima.map { $0.isFinite ? $0 : nil },
        sums: channels.sums.map(\.description), finiteCounts: channels.finiteCounts,
        dead: channels.deadChannels)
    }
    products = statistics.products.map { products in
      CalibrationFile.Products(
        groupCount: products.groupCount, size: products.size, count: products.count,
        sums: products.sums.map(\.description), products: products.products.map(\.description))
    }
    gains =
      statistics.gains.isEmpty
      ? nil : statistics.gains.map { .init(sample: $0.sample, gain: $0.value) }
  }
}
