import Diagnostics
import GraphIR
import Samples
import Synchronization
import Tensors
import Testing

@testable import Calibration

@Suite("calibration by several threads")
struct CalibrationWorkerTests {
  /// Rows of `x`, as many as the sample wants.
  private static let source = InterpreterSource(modelHash: SHA256Digest.hex(of: "m")) {
    shapes throws(Diagnostic) in
    guard let shape = shapes["x"] else { throw Diagnostic(.missingInput, "x") }
    return try InterpreterSourceTests.graph(shape)
  }

  private static func samples(_ values: [Float]) throws -> BoundSamples {
    try BoundSamples(
      SampleSet(arrays: [("x", try Tensor.floats(values, [values.count / 2, 2]))]),
      inputs: [ModelInput(name: "x", element: .f32, dims: [1, 2])])
  }

  private static let values = (0..<84).map { Float(($0 * 37) % 23) - 9.5 }

  @Test(arguments: [1, 2, 3, 7, 100])
  func `any number of workers gives the same table`(_ workers: Int) throws {
    let samples = try Self.samples(Self.values)
    var run = CalibrationRun(range: 0..<samples.count)
    var source = Self.source
    let expected = try run.run(&source, samples)
    run.workers = workers
    run.checkpointInterval = .zero
    let done = Mutex<[Int]>([])
    let saved = Mutex<[CalibrationTable]>([])
    let table = try run.run(
      &source, samples, checkpoint: { table in saved.withLock { $0.append(table) } },
      progress: { count in done.withLock { $0.append(count) } })
    #expect(table == expected)
    #expect(done.withLock { $0 } == Array(1...samples.count))
    for part in saved.withLock({ $0 }) {
      #expect(try run.run(&source, samples, resuming: part) == expected)
    }
  }

  @Test func `the first of several bad samples is the one that is named`() throws {
    var values = Self.values
    for sample in [40, 11, 23] { values[2 * sample] = .nan }
    let samples = try Self.samples(values)
    var run = CalibrationRun(range: 0..<samples.count)
    run.workers = 3
    var source = Self.source
    let failure = #expect(throws: Diagnostic.self) { try run.run(&source, samples) }
    #expect(failure?.location == "x, sample 11")
  }
}
