import Diagnostics

/// `top1` and `top5`: the share of samples with a right class among the largest values.
struct ClassScore: MetricScore {
  let output: String
  let places: Int
  let labels: [[Int]]
  private(set) var scoredCount = 0
  private var rightCount = 0

  init(output: String, places: Int, labels: [[Int]]) {
    self.output = output
    self.places = places
    self.labels = labels
  }

  mutating func add(_ answer: Answer, reference: Answer?) throws(Diagnostic) {
    let accepted = labels[answer.sample]
    guard !accepted.isEmpty else { return }
    let values = try answer.values(output).elements
    let best =
      places == 1 ? [Ranking.argmax(values)].compactMap(\.self) : Ranking.top(places, of: values)
    scoredCount += 1
    if best.contains(where: { place in accepted.contains { $0 == place } }) { rightCount += 1 }
  }

  var value: Double? { scoredCount == 0 ? nil : Double(rightCount) / Double(scoredCount) }
}
