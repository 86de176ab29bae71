import Diagnostics

/// `pair_spearman`: rank correlation of the scores with the cosines of pairs of outputs.
struct PairScore: MetricScore {
  let output: String
  let scores: [Double]
  private var vectors: [Int: [Float]] = [:]

  init(output: String, scores: [Double]) {
    self.output = output
    self.scores = scores
  }

  mutating func add(_ answer: Answer, reference: Answer?) throws(Diagnostic) {
    vectors[answer.sample] = try answer.values(output).elements
  }

  /// The pairs of which both halves were seen.
  var scoredCount: Int { pairs.count }

  private var pairs: [Int] {
    scores.indices.filter { vectors[$0] != nil && vectors[$0 + scores.count] != nil }
  }

  var value: Double? {
    let pairs = pairs
    let cosines = pairs.map {
      Cosine.similarity(vectors[$0] ?? [], vectors[$0 + scores.count] ?? [])
    }
    return Ranking.spearman(pairs.map { scores[$0] }, cosines)
  }
}
