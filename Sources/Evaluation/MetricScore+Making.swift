import Diagnostics
import Samples
import Tensors

extension MetricDescription {
  /// A fresh score of this metric over a sample set, for a model of these outputs in its order.
  ///
  /// - Throws: `QC4003` when the metric needs an output or labels that are not there.
  func score(
    of samples: SampleSet, outputs: [String]
  ) throws(Diagnostic) -> any MetricScore {
    switch kind {
    case .top1, .top5:
      return ClassScore(
        output: try scoredOutput(outputs), places: kind == .top1 ? 1 : 5,
        labels: try classes(samples))
    case .anchorTop1(let names):
      return AnchorScore(outputs: names, labels: try classes(samples))
    case .presence(let column, let threshold):
      return PresenceScore(
        output: try scoredOutput(outputs), column: column, threshold: threshold,
        labels: try classes(samples))
    case .mse:
      return DistanceScore(output: try scoredOutput(outputs)) { $0.meanSquaredError }
    case .relativeSquaredError:
      return DistanceScore(output: try scoredOutput(outputs)) { $0.relativeSquaredError }
    case .cosine:
      return DistanceScore(output: try scoredOutput(outputs)) { $0.cosine }
    case .snr:
      return DistanceScore(output: try scoredOutput(outputs)) { $0.snr }
    case .pairSpearman:
      guard case .scores(let scores) = samples.labels else { throw missingLabels }
      return PairScore(output: try scoredOutput(outputs), scores: scores)
    case .perplexity(let tokens):
      return PerplexityScore(
        output: try scoredOutput(outputs), tokens: try samples.tokens(of: tokens))
    case .detections(let description):
      return DetectionScore(description)
    }
  }

  /// The answer that a person would read off the outputs; `nil` where the metric has none.
  ///
  /// - Throws: `QC4003` when an output is not there.
  func choice(_ answer: Answer, outputs: [String]) throws(Diagnostic) -> Int? {
    switch kind {
    case .top1, .top5: return Ranking.argmax(try answer.values(scoredOutput(outputs)).elements)
    case .anchorTop1(let names): return try AnchorScore.answer(answer, names)
    case .presence(let column, let threshold):
      return try PresenceScore.answer(answer, scoredOutput(outputs), column, threshold)
    case .mse, .relativeSquaredError, .cosine, .snr, .pairSpearman, .perplexity, .detections:
      return nil
    }
  }

  /// Whether answers can be compared one by one.
  var hasChoice: Bool {
    switch kind {
    case .top1, .top5, .anchorTop1, .presence: true
    case .mse, .relativeSquaredError, .cosine, .snr, .pairSpearman, .perplexity, .detections:
      false
    }
  }

  /// The output that is scored: the named one, or the only one.
  func scoredOutput(_ outputs: [String]) throws(Diagnostic) -> String {
    if let output {
      guard outputs.contains(output) else {
        throw Diagnostic(
          .malformedDataset, "the model has no output '\(output)'", at: "metric.output",
          hint: "it has: \(outputs.joined(separator: ", "))")
      }
      return output
    }
    guard let only = outputs.first, outputs.count == 1 else {
      throw Diagnostic(
        .malformedDataset, "the model has \(outputs.count) outputs, and the metric names none",
        at: "metric.output", hint: "name one of: \(outputs.joined(separator: ", "))")
    }
    return only
  }

  private func classes(_ samples: SampleSet) throws(Diagnostic) -> [[Int]] {
    guard case .classes(let rows) = samples.labels else { throw missingLabels }
    return rows
  }

  private var missingLabels: Diagnostic {
    Diagnostic(
      .malformedDataset, "the metric '\(name)' needs labels",
      hint: "give them with 'labels' in the data set, or --labels <labels.npy>")
  }
}

extension SampleSet {
  /// The real tokens of each sample of an integer input.
  fileprivate func tokens(of input: String) throws(Diagnostic) -> [[Int]] {
    guard let column = inputs.first(where: { $0.name == input })?.column else {
      throw Diagnostic(
        .malformedDataset, "there is no input '\(input)' that holds tokens", at: "metric.tokens")
    }
    var result: [[Int]] = []
    for index in 0..<count {
      guard let tokens = try column.sample(at: index).integers else {
        throw Diagnostic(.wrongArray, "tokens are integers", at: input, file: column.file)
      }
      let length = lengths[input]?[index] ?? tokens.count
      result.append(tokens.prefix(length).map { Int($0) })
    }
    return result
  }
}
