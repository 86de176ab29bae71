import Diagnostics
import Samples
import Tensors

/// Gathers the answers of the float model and of the quantized one, run by run.
///
/// Either may be missing; what compares the two is then left out of the report.
package struct Evaluator: Sendable {
  private let samples: SampleSet
  private let outputs: [String]
  private let batch: Int
  private let stack: OutputStack
  private var floatScore: (any MetricScore)?
  private var quantizedScore: (any MetricScore)?
  private var distances: [OutputDistance]
  private var expectedDistances: [String: (float: OutputDistance, quantized: OutputDistance)] = [:]
  private var sampleCount = 0
  private var comparedCount = 0
  private var flips: [Int] = []
  private var hasFloat = false
  private var hasQuantized = false

  /// - Parameters:
  ///   - samples: what the models are run on.
  ///   - bound: the same, as the runs of the model.
  ///   - outputs: the names of the model's outputs, in its order.
  /// - Throws: `QC4003` when the metric needs an output or labels that are not there.
  package init(
    _ samples: SampleSet, bound: BoundSamples, outputs: [String]
  ) throws(Diagnostic) {
    self.samples = samples
    self.outputs = outputs
    batch = bound.batch
    stack = OutputStack(for: bound)
    distances = outputs.map { _ in OutputDistance() }
    if let metric = samples.metric {
      floatScore = try metric.score(of: samples, outputs: outputs)
      quantizedScore = try metric.score(of: samples, outputs: outputs)
    }
    for output in samples.expected.keys.sorted() where !outputs.contains(output) {
      throw Diagnostic(
        .malformedDataset, "the model has no output '\(output)'", at: "expected",
        hint: "it has: \(outputs.joined(separator: ", "))")
    }
  }

  /// Takes in the outputs of one run, by name, of each of the two models that ran.
  ///
  /// - Throws: `QC4002` when the outputs of the two have different sizes.
  package mutating func add(
    run: Int, float: [String: Tensor]?, quantized: [String: Tensor]?
  ) throws(Diagnostic) {
    let floatAnswers = try answers(run, float)
    let quantizedAnswers = try answers(run, quantized)
    for place in 0..<max(floatAnswers.count, quantizedAnswers.count) {
      try add(
        float: floatAnswers.isEmpty ? nil : floatAnswers[place],
        quantized: quantizedAnswers.isEmpty ? nil : quantizedAnswers[place])
    }
  }

  private mutating func add(float: Answer?, quantized: Answer?) throws(Diagnostic) {
    sampleCount += 1
    if let float {
      hasFloat = true
      try floatScore?.add(float, reference: float)
      try compareExpected(float, \.float)
    }
    if let quantized {
      hasQuantized = true
      try quantizedScore?.add(quantized, reference: float)
      try compareExpected(quantized, \.quantized)
    }
    guard let float, let quantized else { return }
    comparedCount += 1
    for (index, output) in outputs.enumerated() {
      let (values, reference) = (try quantized.values(output), try float.values(output))
      guard values.elements.count == reference.elements.count else {
        throw Diagnostic(
          .wrongArray, "shapes \(values.dims) and \(reference.dims) of one output", at: output)
      }
      distances[index].add(values.elements, reference: reference.elements)
    }
    if let metric = samples.metric, metric.hasChoice {
      let chosen = try metric.choice(quantized, outputs: outputs)
      if chosen != (try metric.choice(float, outputs: outputs)) { flips.append(quantized.sample) }
    }
  }

  private mutating func compareExpected(
    _ answer: Answer,
    _ side: WritableKeyPath<(float: OutputDistance, quantized: OutputDistance), OutputDistance>
  ) throws(Diagnostic) {
    for (output, column) in samples.expected {
      let expected = try column.sample(at: answer.sample).convertedToFloats()
      let values = try answer.values(output)
      guard values.elements.count == expected.count else {
        throw Diagnostic(
          .wrongArray, "\(expected.count) expected values for an output of \(values.dims)",
          at: output, file: column.file)
      }
      expectedDistances[output, default: (OutputDistance(), OutputDistance())][keyPath: side]
        .add(values.elements, reference: expected)
    }
  }

  private func answers(
    _ run: Int, _ tensors: [String: Tensor]?
  ) throws(Diagnostic) -> [Answer] {
    guard let tensors else { return [] }
    var parts = [[String: Tensor]](repeating: [:], count: batch)
    for output in outputs {
      guard let tensor = tensors[output] else {
        throw Diagnostic(.wrongArray, "the run gave no output of this name", at: output)
      }
      let split = try stack.split(tensor)
      for place in 0..<batch { parts[place][output] = split[min(place, split.count - 1)] }
    }
    var result: [Answer] = []
    for (place, part) in parts.enumerated() {
      result.append(try Answer(sample: run * batch + place, tensors: part))
    }
    return result
  }

  /// What was found so far of the model called `model`.
  package func report(model: String) -> EvaluationReport {
    let metric = samples.metric.map { metric in
      EvaluationReport.Metric(
        name: metric.name, output: try? metric.scoredOutput(outputs),
        scoredCount: max(floatScore?.scoredCount ?? 0, quantizedScore?.scoredCount ?? 0),
        float: hasFloat ? floatScore?.value : nil,
        quantized: hasQuantized ? quantizedScore?.value : nil)
    }
    let compares = comparedCount > 0
    return EvaluationReport(
      model: model, sampleCount: sampleCount, metric: metric,
      flips: compares && samples.metric?.hasChoice == true
        ? .init(samples: flips, comparedCount: comparedCount) : nil,
      outputs: compares ? zip(outputs, distances).map { .init(name: $0, $1) } : [],
      expected: expectedDistances.keys.sorted().compactMap { output in
        expectedDistances[output].map { distance in
          .init(
            output: output, float: hasFloat ? distance.float.relativeSquaredError : nil,
            quantized: hasQuantized ? distance.quantized.relativeSquaredError : nil)
        }
      })
  }
}
