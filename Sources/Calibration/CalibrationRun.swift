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
  /// Samples between two calls of `checkpoint`.
  package var checkpointInterval = 64

  package init(range: Range<Int>) { self.range = range }

  /// Runs every sample of ``range`` that `table` does not have yet.
  ///
  /// - Parameters:
  ///   - source: the float model.
  ///   - samples: the whole set.
  ///   - table: the table of an interrupted run over the same samples, or `nil`.
  ///   - checkpoint: gets the table every ``checkpointInterval`` samples, to save it.
  ///   - progress: gets the number of samples of ``range`` that are done.
  /// - Returns: the table of all samples of ``range``, the same whether or not it was resumed.
  /// - Throws: `QC3004` when no sample is left, `QC3005` when `table` is of another model or of
  ///   other data, `QC3009` for a sample that is not finite, and what the model throws.
  package func run(
    _ source: inout some ActivationSource, _ samples: BoundSamples,
    resuming table: CalibrationTable? = nil,
    checkpoint: (CalibrationTable) throws(Diagnostic) -> Void = { _ in },
    progress: (Int) -> Void = { _ in }
  ) throws(Diagnostic) -> CalibrationTable {
    var result = table ?? CalibrationTable(modelHash: source.modelHash)
    try result.requireModel(source.modelHash)
    let range = range.clamped(to: 0..<samples.count)
    if let foreign = result.samples.first(where: { !range.contains($0.index) }) {
      throw Diagnostic(
        .foreignCalibration, "the table to resume has sample \(foreign.index), this run has not",
        hint: "resume with the same samples, or start anew")
    }
    let known = Dictionary(
      result.samples.map { ($0.index, $0.hash) }, uniquingKeysWith: { first, _ in first })
    var fed: [String: Tensor] = [:]
    var sinceCheckpoint = 0
    // Where a sample takes the results of the one before, all of them are run from the start.
    let start = samples.feedback.isEmpty ? range.lowerBound : 0
    for index in start..<range.upperBound {
      var inputs = try samples.run(index)
      let hash = SampleHash.hex(of: inputs)
      inputs.merge(fed) { _, new in new }
      if let expected = known[index], expected != hash {
        throw Diagnostic(
          .foreignCalibration, "sample \(index) has changed since the table to resume was written",
          hint: "start anew, without resuming")
      }
      let isCounted = range.contains(index) && known[index] == nil
      if !isCounted, samples.feedback.isEmpty { continue }
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
      sinceCheckpoint += 1
      if sinceCheckpoint == checkpointInterval, index + 1 < range.upperBound {
        sinceCheckpoint = 0
        try checkpoint(result)
      }
    }
    guard result.usedSampleCount > 0 else {
      throw Diagnostic(
        .emptyCalibration, "no sample was left to calibrate with",
        hint: "give samples of finite numbers, e.g. --input <name>=<samples.npy>")
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
  private func check(_ inputs: [String: Tensor], sample: Int) throws(Diagnostic) -> Bool {
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
  fileprivate mutating func insert(_ sample: Sample) {
    let place = samples.firstIndex { $0.index > sample.index } ?? samples.count
    samples.insert(sample, at: place)
  }

  fileprivate mutating func observe(_ activation: Activation, sample: Int) {
    tensors[activation.name, default: TensorStatistics()].observe(
      activation.tensor, channelAxis: activation.channelAxis, sample: sample)
  }

  fileprivate mutating func widen(_ inputs: [String: Tensor]) {
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
