import Diagnostics
import Foundation

/// `perplexity`: how unlikely the model finds each next token of the samples.
struct PerplexityScore: MetricScore {
  let output: String
  /// The tokens of each sample, as long as they are real.
  let tokens: [[Int]]
  private(set) var scoredCount = 0
  private var sum = 0.0

  init(output: String, tokens: [[Int]]) {
    self.output = output
    self.tokens = tokens
  }

  mutating func add(_ answer: Answer, reference: Answer?) throws(Diagnostic) {
    let values = try answer.values(output)
    let real = tokens[answer.sample]
    guard let vocabulary = values.dims.last, vocabulary > 0,
      values.elements.count / vocabulary >= real.count - 1,
      real.allSatisfy({ (0..<vocabulary).contains($0) })
    else {
      throw Diagnostic(
        .wrongArray, "\(real.count) tokens do not fit logits of shape \(values.dims)", at: output)
    }
    for step in 1..<max(real.count, 1) {
      let row = values.elements[(step - 1) * vocabulary..<step * vocabulary].map { Double($0) }
      let largest = row.max() ?? 0
      let total = row.reduce(0) { $0 + exp($1 - largest) }
      sum += largest + log(total) - row[real[step]]
      scoredCount += 1
    }
  }

  var value: Double? { scoredCount == 0 ? nil : exp(sum / Double(scoredCount)) }
}
