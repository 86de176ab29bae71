import Diagnostics
import Foundation
import Samples
import Synchronization
import Tensors
import TestSupport
import Testing

@testable import Calibration

@Suite("calibration table")
struct CalibrationTableTests {
  static func samples(_ count: Int, seed: UInt64 = 1) throws -> BoundSamples {
    var generator = SeededGenerator(seed: seed)
    var values: [Float] = []
    for index in 0..<count * 6 {
      let magnitude = Float(1 << (index / 12 % 12))
      values.append(index % 7 == 0 ? 0 : generator.normal() * magnitude)
    }
    return try bound(values, count)
  }

  static func bound(_ values: [Float], _ count: Int) throws -> BoundSamples {
    let array = try Tensor.floats(values, [count, values.count / count])
    return try BoundSamples(
      SampleSet(arrays: [("x", array)]),
      inputs: [ModelInput(name: "x", element: .f32, dims: [nil, values.count / count])])
  }

  static func table(
    _ samples: BoundSamples, _ range: Range<Int>, resuming: CalibrationTable? = nil
  ) throws -> CalibrationTable {
    var source = DoublingSource()
    return try CalibrationRun(range: range).run(&source, samples, resuming: resuming)
  }

  @Test(arguments: 0..<8 as Range<UInt64>)
  func `shards merge in any order to the bytes of one run`(seed: UInt64) throws {
    let samples = try Self.samples(20, seed: seed)
    let whole = try Self.table(samples, 0..<20).encoded()
    var generator = SeededGenerator(seed: seed)
    let cuts = [0, 3, 4, 11, 20]
    let shards = try (0..<4).map { try Self.table(samples, cuts[$0]..<cuts[$0 + 1]) }
    var order = shards.shuffled(using: &generator)
    var merged = order.removeFirst()
    for shard in order { try merged.merge(shard) }
    #expect(try merged.encoded() == whole)

    var left = shards[3]
    var right = shards[1]
    try right.merge(shards[0])
    try left.merge(shards[2])
    try left.merge(right)
    #expect(try left.encoded() == whole)
  }

  @Test func `a resumed run gives the bytes of an uninterrupted one`() throws {
    let samples = try Self.samples(10)
    let whole = try Self.table(samples, 0..<10).encoded()
    var source = DoublingSource()
    var run = CalibrationRun(range: 0..<10)
    run.checkpointInterval = .zero
    let saved = Mutex<[Data]>([])
    let full = try run.run(&source, samples) { table throws(Diagnostic) in
      let text = try table.encoded()
      saved.withLock { $0.append(text) }
    }
    #expect(try full.encoded() == whole)
    let texts = saved.withLock { $0 }
    #expect(texts.count == 9)
    for text in texts {
      let partial = try CalibrationTable(decoding: text)
      let resumed = try Self.table(samples, 0..<10, resuming: partial)
      #expect(try resumed.encoded() == whole)
    }
  }

  @Test func `reading gives the table that was written`() throws {
    let table = try Self.table(Self.samples(5), 0..<5)
    let text = try table.encoded()
    let read = try CalibrationTable(decoding: text)
    #expect(read == table)
    #expect(try read.encoded() == text)
    #expect(read.inputExtents == ["x": [1...1, 6...6]])
    #expect(read.usedSampleCount == 5)
  }

  @Test func `every flipped bit is refused or changes nothing`() throws {
    let table = try Self.table(Self.bound([1, 2, -0.5, 0.25], 2), 0..<2)
    let text = try table.encoded()
    #expect(text.count < 2500)
    for bit in stride(from: 0, to: text.count * 8, by: 3) {
      var damaged = text
      damaged[bit / 8] ^= 1 << (bit % 8)
      do throws(Diagnostic) {
        let read = try CalibrationTable(decoding: damaged)
        #expect(read == table, "bit \(bit)")
      } catch {
        #expect(error.code == .malformedCalibration)
      }
    }
  }

  @Test func `a table cut anywhere is refused`() throws {
    let text = try Self.table(Self.bound([1, 2, -0.5, 0.25], 2), 0..<2).encoded()
    for length in 0..<text.count - 1 {
      let error = #expect(throws: Diagnostic.self) {
        try CalibrationTable(decoding: text.prefix(length))
      }
      #expect(error?.code == .malformedCalibration)
    }
  }

  @Test func `a table of another schema version is refused`() throws {
    let text = try Self.table(Self.samples(2), 0..<2).encoded()
    let newer = String(decoding: text, as: UTF8.self)
      .replacingOccurrences(of: "\"schema_version\":1", with: "\"schema_version\":2")
    let error = #expect(throws: Diagnostic.self) {
      try CalibrationTable(decoding: Data(newer.utf8))
    }
    #expect(error?.message.contains("schema version 2") == true)
  }

  @Test func `tables of different models or of the same samples do not merge`() throws {
    let samples = try Self.samples(4)
    var table = try Self.table(samples, 0..<2)
    let twice = #expect(throws: Diagnostic.self) { try table.merge(Self.table(samples, 1..<4)) }
    #expect(twice?.code == .foreignCalibration)
    #expect(twice?.message == "sample 1 is in both tables")
    var other = DoublingSource()
    other.modelHash = SHA256Digest.hex(of: "another")
    let foreign = try CalibrationRun(range: 2..<4).run(&other, samples)
    let error = #expect(throws: Diagnostic.self) { try table.merge(foreign) }
    #expect(error?.code == .foreignCalibration)
    #expect(throws: Diagnostic.self) { try table.requireModel(foreign.modelHash) }
  }

  @Test func `a table to resume of other data or other samples is refused`() throws {
    let partial = try Self.table(Self.samples(4), 0..<2)
    let changed = #expect(throws: Diagnostic.self) {
      try Self.table(Self.samples(4, seed: 9), 0..<4, resuming: partial)
    }
    #expect(changed?.code == .foreignCalibration)
    let elsewhere = #expect(throws: Diagnostic.self) {
      try Self.table(Self.samples(4), 1..<4, resuming: partial)
    }
    #expect(elsewhere?.code == .foreignCalibration)
  }

  @Test func `a sample that is not finite is an error, or left out when asked`() throws {
    let samples = try Self.bound([1, 2, .nan, 3, 4, 5], 3)
    let error = #expect(throws: Diagnostic.self) { try Self.table(samples, 0..<3) }
    #expect(error?.code == .nonFiniteSamples)
    #expect(error?.location == "x, sample 1")
    var source = DoublingSource()
    var run = CalibrationRun(range: 0..<3)
    run.skipsNonFinite = true
    let table = try run.run(&source, samples)
    #expect(table.samples.map(\.isSkipped) == [false, true, false])
    #expect(table.tensors["x"]?.sampleExtremes[1] == nil)
    #expect(try CalibrationTable(decoding: table.encoded()) == table)
  }

  @Test func `no sample left is an empty calibration`() throws {
    let samples = try Self.bound([.nan, .nan], 1)
    var source = DoublingSource()
    var run = CalibrationRun(range: 0..<1)
    run.skipsNonFinite = true
    let error = #expect(throws: Diagnostic.self) { try run.run(&source, samples) }
    #expect(error?.code == .emptyCalibration)
    let none = CalibrationTable(modelHash: source.modelHash)
    let ranges = #expect(throws: Diagnostic.self) { try none.ranges(.minMax) }
    #expect(ranges?.code == .emptyCalibration)
  }

  @Test func `the hash is the one of the standard`() {
    #expect(
      SHA256Digest.hex(of: "abc")
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }
}
