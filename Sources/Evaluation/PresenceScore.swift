import Diagnostics

/// `presence`: the share of right answers to whether any score of a column is above a threshold.
struct PresenceScore: MetricScore {
  let output: String
  let column: Int
  let threshold: Double
  let labels: [[Int]]
  private(set) var scoredCount = 0
  private var rightCount = 0

  init(output: String, column: Int, threshold: Double, labels: [[Int]]) {
    self.output = output
    self.column = column
    self.threshold = threshold
    self.labels = labels
  }

  mutating func add(_ answer: Answer, reference: Answer?) throws(Diagnostic) {
    let accepted = labels[answer.sample]
    guard !accepted.isEmpty else { return }
    scoredCount += 1
    let found = try PresenceScore.answer(answer, output, column, threshold)
    if accepted.contains(found) { rightCount += 1 }
  }

  /// 1 when a score of the column is above the threshold, else 0.
  static func answer(
    _ answer: Answer, _ output: String, _ column: Int, _ threshold: Double
  ) throws(Diagnostic) -> Int {
    let values = try answer.values(output)
    guard let width = values.dims.last, column < width else {
      throw Diagnostic(
        .malformedDataset, "the output '\(output)' has no column \(column)", at: "metric.column")
    }
    let scores = stride(from: column, to: values.elements.count, by: width)
    return scores.contains { Double(values.elements[$0]) > threshold } ? 1 : 0
  }

  var value: Double? { scoredCount == 0 ? nil : Double(rightCount) / Double(scoredCount) }
}
