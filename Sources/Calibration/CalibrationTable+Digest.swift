import Foundation

extension CalibrationTable {
  /// SHA-256 of all that the table says, in a binary form of fixed order: whatever reads and
  /// writes the JSON, an equal table has an equal digest, and a changed one has another.
  package var contentHash: String {
    var form = CanonicalForm()
    form.add(modelHash)
    form.add(samples.count)
    for sample in samples {
      form.add(sample.index)
      form.add(sample.hash)
      form.add(sample.isSkipped ? 1 : 0)
    }
    for name in inputExtents.keys.sorted() {
      form.add(name)
      let extents = inputExtents[name] ?? nil
      form.add(extents?.count ?? -1)
      for extent in extents ?? [] {
        form.add(extent.lowerBound)
        form.add(extent.upperBound)
      }
    }
    for name in tensorNames {
      guard let statistics = tensors[name] else { continue }
      form.add(name)
      form.add(statistics, samples: samples)
    }
    return SHA256Digest.hex(of: form.bytes)
  }
}

/// Numbers and texts as bytes: little-endian words, texts behind their lengths.
private struct CanonicalForm {
  var bytes = Data()

  mutating func add(_ number: Int) { add(UInt64(bitPattern: Int64(number))) }

  mutating func add(_ word: UInt64) {
    withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func add(_ words: [UInt64]) {
    words.map(\.littleEndian).withUnsafeBytes { bytes.append(contentsOf: $0) }
  }

  mutating func add(_ text: String) {
    add(text.utf8.count)
    bytes.append(contentsOf: text.utf8)
  }

  mutating func add(_ range: ClosedRange<Float>?) {
    add(range == nil ? 0 : 1)
    guard let range else { return }
    add(UInt64(range.lowerBound.bitPattern) << 32 | UInt64(range.upperBound.bitPattern))
  }

  mutating func add(
    _ statistics: TensorStatistics, samples: [CalibrationTable.Sample]
  ) {
    add(statistics.finiteCount)
    add(statistics.zeroCount)
    add(statistics.nanCount)
    add(statistics.infinityCount)
    add(statistics.extremes)
    add(statistics.histogram.exponent)
    add(statistics.histogram.lowestBin)
    add(statistics.histogram.counts.count)
    add(statistics.histogram.counts)
    for sample in samples { add(statistics.sampleExtremes[sample.index]) }
    switch statistics.channels {
    case .unseen: add(-2)
    case .none: add(-1)
    case .known(let channels):
      add(channels.axis)
      add(channels.count)
      for channel in 0..<channels.count {
        add(UInt64(channels.minima[channel].bitPattern))
        add(UInt64(channels.maxima[channel].bitPattern))
        add(UInt64(truncatingIfNeeded: channels.sums[channel]))
        add(UInt64(truncatingIfNeeded: channels.sums[channel] >> 64))
        add(channels.finiteCounts[channel])
      }
    }
    if let products = statistics.products {
      add(products.groupCount)
      add(products.size)
      add(products.count)
      for sum in products.sums + products.products {
        add(UInt64(truncatingIfNeeded: sum))
        add(UInt64(truncatingIfNeeded: sum >> 64))
      }
    }
    guard !statistics.gains.isEmpty else { return }
    // No count of groups and no length of a name is negative.
    add(-1)
    add(statistics.gains.count)
    for gain in statistics.gains {
      add(gain.sample)
      add(gain.value.bitPattern)
    }
  }
}
