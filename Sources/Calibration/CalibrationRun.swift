import Diagnostics
import Foundation
import Samples
import Tensors

/// Fills a calibration table from samples, resuming where a former run stopped.
package struct CalibrationRun {
  /// The samples of this run, by their indices in the whole set: a shard, or all of them.
  package var range: Range<Int>
  /// Leaves out a sample with a NaN or an infinity in an input, where it would be an error.
  package var skipsNonFinite = false
  /// Measures what rounding single values costs at the outputs, with the samples of the whole set whose
  /// index is less; costly models take fewer. Samples that feed the next one take none.
  package var sensitivitySamples = CalibrationRun.defaultSensitivitySamples
  /// Least time between two calls of `checkpoint`.
  package var checkpointInterval = Duration.seconds(20)

  package static let defaultSensitivitySamples = 8

  package init(range: Range<Int>) { self.range = range }

  /// Threads that run samples, each with a source of its own; samples that feed the next one are run
  /// by one.
  package var workers = 1

  /// Runs every sample of ``range`` that `table` does not have yet.
  ///
  /// - Parameters:
  ///   - source: the float model.
  ///   - samples: the whole set.
  ///   - table: the table of an interrupted run over the same samples, or `nil`.
  ///   - checkpoint: gets the table of what is done about every ``checkpointInterval``, to save it;
  ///     never two calls at a time.
  ///   - progress: gets the number of samples of ``range`` that are done; never two calls at a time.
  /// - Returns: the table of all samples of ``range``, the same for any number of workers, and whether
  ///   or not it was resumed.
  /// - Throws: `QC3004` when no sample is left, `QC3005` when `table` is of another model or of
  ///   other data, `QC3009` for a sample that is not finite, and what the model throws.
  package func run(
    _ source: inout some ActivationSource, _ samples: BoundSamples,
    resuming table: CalibrationTable? = nil,
    checkpoint: @Sendable (CalibrationTable) throws(Diagnostic) -> Void = { _ in },
    progress: @Sendable (Int) -> Void = { _ in }
  ) throws(Diagnostic) -> CalibrationTable {
    let former = table ?? CalibrationTable(modelHash: source.modelHash)
    try former.requireModel(source.modelHash)
    let range = range.clamped(to: 0..<samples.count)
    if let foreign = former.samples.first(where: { !range.contains($0.index) }) {
      throw Diagnostic(
        .foreignCalibration, "the table to resume has sample \(foreign.index), this run has not",
        hint: "resume with the same samples, or start anew")
    }
    let job = Job(samples: samples, range: range, former: former)
    let result =
      samples.feedback.isEmpty
      ? try runEach(source, job, checkpoint, progress)
      : try runChain(&source, job, checkpoint, progress)
    guard result.usedSampleCount > 0 else {
      throw Diagnostic(
        .emptyCalibration, "no sample was left to calibrate with",
        hint: "give samples of finite numbers, e.g. --input <name>=<samples.npy>")
    }
    return result
  }

  /// What is to be run.
  struct Job: Sendable {
    let samples: BoundSamples
    let range: Range<Int>
    /// What was there before.
    let former: CalibrationTable
    /// The hashes of the samples in ``former``.
    let known: [Int: String]

    init(samples: BoundSamples, range: Range<Int>, former: CalibrationTable) {
      self.samples = samples
      self.range = range
      self.former = former
      known = Dictionary(
        former.samples.map { ($0.index, $0.hash) }, uniquingKeysWith: { first, _ in first })
    }

    /// The hash of a sample.
    ///
    /// - Throws: `QC3005` when the table to resume has another one.
    func hash(of inputs: [String: Tensor], sample index: Int) throws(Diagnostic) -> String {
      let hash = SampleHash.hex(of: inputs)
      if let expected = known[index], expected != hash {
        throw Diagnostic(
          .foreignCalibration,
          "sample \(index) has changed since the table to resume was written",
          hint: "start anew, without resuming")
      }
      return hash
    }
  }

  /// Runs samples that take the results of the one before: all of them, from the start.
  private func runChain(
    _ source: inout some ActivationSource, _ job: Job,
    _ checkpoint: @Sendable (CalibrationTable) throws(Diagnostic) -> Void,
    _ progress: @Sendable (Int) -> Void
  ) throws(Diagnostic) -> CalibrationTable {
    let (samples, range) = (job.samples, job.range)
    var result = job.former
    var fed: [String: Tensor] = [:]
    var saved = ContinuousClock.now
    for index in 0..<range.upperBound {
      var inputs = try samples.run(index)
      let hash = try job.hash(of: inputs, sample: index)
      inputs.merge(fed) { _, new in new }
      let isCounted = range.contains(index) && job.known[index] == nil
      let isFinite = try check(inputs, sample: index)
      if isCounted { result.insert(.init(index: index, hash: hash, isSkipped: !isFinite)) }
      if isFinite {
        var outputs: [String: Tensor] = [:]
        if isCounted {
          outputs = try source.run(inputs) { result.observe($0, sample: index) }
          result.widen(inputs)
        } else {
          outputs = try source.run(inputs) { _ in }
        }
        fed = try CalibrationRun.fed(outputs, samples.feedback)
      }
      progress(index + 1 - range.lowerBound)
      if ContinuousClock.now - saved >= checkpointInterval, index + 1 < range.upperBound {
        try checkpoint(result)
        saved = .now
      }
    }
    return result
  }

  /// The inputs that the next sample takes from the outputs of this one.
  private static func fed(
    _ outputs: [String: Tensor], _ feedback: [String: String]
  ) throws(Diagnostic) -> [String: Tensor] {
    var result: [String: Tensor] = [:]
    for (input, output) in feedback {
      guard let tensor = outputs[output] else {
        throw Diagnostic(
          .malformedDataset, "the model has no output '\(output)' to feed back", at: input,
          hint: "it has: \(outputs.keys.sorted().joined(separator: ", "))")
      }
      result[input] = tensor
    }
    return result
  }

  /// Whether all inputs are finite.
  ///
  /// - Throws: `QC3009` for one that is not, unless such samples are left out.
  func check(_ inputs: [String: Tensor], sample: Int) throws(Diagnostic) -> Bool {
    for name in inputs.keys.sorted() {
      guard let tensor = inputs[name], tensor.element == .f32,
        let place = tensor.firstNonFinite
      else { continue }
      if skipsNonFinite { return false }
      throw Diagnostic(
        .nonFiniteSamples, "\(tensor.floats[place]) at element \(place)",
        at: "\(name), sample \(sample)",
        hint: "repair the array, or leave such samples out with --skip-non-finite")
    }
    return true
  }
}

extension CalibrationTable {
  mutating func insert(_ sample: Sample) {
    let place = samples.firstIndex { $0.index > sample.index } ?? samples.count
    samples.insert(sample, at: place)
  }

  mutating func observe(_ activation: Activation, sample: Int) {
    tensors[activation.name, default: TensorStatistics()].observe(
      activation.tensor, channelAxis: activation.channelAxis, sample: sample)
    for reader in activation.readers {
      tensors[reader.name, default: TensorStatistics()].observe(activation.tensor, reader)
    }
  }

  mutating func widen(_ inputs: [String: Tensor]) {
    for (name, tensor) in inputs { widen(name, tensor.shape.dims.map { $0...$0 }) }
  }
}

extension Tensor {
  /// The place of the first element of a float32 tensor that is NaN or infinite.
  fileprivate var firstNonFinite: Int? {
    let values = floats
    return values.withUnsafeBufferPointer { values in
      for index in 0..<values.count where !values[index].isFinite { return index }
      return nil
    }
  }
}
