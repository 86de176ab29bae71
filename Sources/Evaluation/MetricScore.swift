import Diagnostics

/// Scores the answers of one model; conformers: one for each kind of metric.
protocol MetricScore: Sendable {
  /// Takes in the answer to the next sample and, where there is one, the float model's.
  mutating func add(_ answer: Answer, reference: Answer?) throws(Diagnostic)
  /// `nil` when nothing was scored.
  var value: Double? { get }
  /// Answers that were scored.
  var scoredCount: Int { get }
}
