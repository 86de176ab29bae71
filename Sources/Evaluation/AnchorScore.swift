import Diagnostics

/// `anchor_top1`: as `top1`, for the class of the largest score over all anchors of all outputs.
struct AnchorScore: MetricScore {
  let outputs: [String]
  let labels: [[Int]]
  private(set) var scoredCount = 0
  private var rightCount = 0

  init(outputs: [String], labels: [[Int]]) {
    self.outputs = outputs
    self.labels = labels
  }

  mutating func add(_ answer: Answer, reference: Answer?) throws(Diagnostic) {
    let accepted = labels[answer.sample]
    guard !accepted.isEmpty else { return }
    scoredCount += 1
    if let found = try AnchorScore.answer(answer, outputs), accepted.contains(found) {
      rightCount += 1
    }
  }

  /// The class of the largest score; of equal scores the earlier output, then the earlier element.
  static func answer(_ answer: Answer, _ outputs: [String]) throws(Diagnostic) -> Int? {
    var best: (score: Float, answer: Int)?
    for output in outputs {
      let values = try answer.values(output)
      guard let classCount = values.dims.last, let place = Ranking.argmax(values.elements) else {
        continue
      }
      let score = values.elements[place]
      if let best, best.score >= score { continue }
      best = (score, place % classCount)
    }
    return best?.answer
  }

  var value: Double? { scoredCount == 0 ? nil : Double(rightCount) / Double(scoredCount) }
}
