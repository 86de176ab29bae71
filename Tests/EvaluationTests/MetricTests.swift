import Diagnostics
import Foundation
import Samples
import Tensors
import Testing

@testable import Evaluation

@Suite("metrics")
struct MetricTests {
  static func answer(_ sample: Int, _ outputs: [String: [Float]], width: Int) throws -> Answer {
    var tensors: [String: Tensor] = [:]
    for (name, values) in outputs {
      tensors[name] = try Tensor.floats(values, [values.count / width, width])
    }
    return try Answer(sample: sample, tensors: tensors)
  }

  @Test func `top1 takes the lower of equal classes and skips samples without a label`() throws {
    var score = ClassScore(output: "y", places: 1, labels: [[0], [1], [], [2, 3]])
    try score.add(Self.answer(0, ["y": [5, 5, 1, 1]], width: 4), reference: nil)
    try score.add(Self.answer(1, ["y": [5, 5, 1, 1]], width: 4), reference: nil)
    try score.add(Self.answer(2, ["y": [5, 5, 1, 1]], width: 4), reference: nil)
    try score.add(Self.answer(3, ["y": [0, 0, 1, 9]], width: 4), reference: nil)
    #expect(score.scoredCount == 3)
    #expect(score.value == 2.0 / 3)
  }

  @Test func `top5 accepts any of the five largest`() throws {
    var score = ClassScore(output: "y", places: 5, labels: [[5], [6]])
    for sample in 0..<2 {
      try score.add(
        Self.answer(sample, ["y": [9, 8, 7, 6, 1, 5, 1]], width: 7), reference: nil)
    }
    #expect(score.value == 0.5)
    #expect(Ranking.top(3, of: [1, 3, 3, .nan]) == [1, 2, 0])
  }

  @Test func `NaN is never the largest`() {
    #expect(Ranking.argmax([.nan, 1, .nan, 2]) == 3)
    #expect(Ranking.argmax([.nan]) == nil)
    #expect(Ranking.argmax([-.infinity]) == 0)
  }

  @Test func `the largest anchor of all outputs decides`() throws {
    var score = AnchorScore(outputs: ["a", "b"], labels: [[1], [0]])
    let first = try Self.answer(0, ["a": [0.1, 0.2, 0.3, 0.1], "b": [0.2, 0.9]], width: 2)
    try score.add(first, reference: nil)
    let tie = try Self.answer(1, ["a": [0.1, 0.2, 0.9, 0.1], "b": [0.2, 0.9]], width: 2)
    try score.add(tie, reference: nil)
    #expect(score.value == 1)
  }

  @Test func `presence asks one column against a threshold`() throws {
    var score = PresenceScore(output: "y", column: 1, threshold: 0.7, labels: [[1], [0], [1]])
    for (sample, values) in [[0.9, 0.1, 0.2, 0.8], [0.9, 0.7], [0.9, 0.1]].enumerated() {
      try score.add(
        Self.answer(sample, ["y": values.map { Float($0) }], width: 2), reference: nil)
    }
    #expect(score.value == 2.0 / 3)
    #expect(throws: Diagnostic.self) {
      try PresenceScore.answer(Self.answer(0, ["y": [1]], width: 1), "y", 1, 0.5)
    }
  }

  @Test func `distances are those of the definitions`() {
    var distance = OutputDistance()
    distance.add([1, 2], reference: [1, 0])
    distance.add([0, 3], reference: [0, 3])
    #expect(distance.meanSquaredError == 1)
    #expect(distance.relativeSquaredError == 4.0 / 10)
    #expect(distance.cosine == (1 / 5.0.squareRoot() + 1) / 2)
    #expect(abs(distance.snr - 10 * log10(2.5)) < 1e-12)
    #expect(distance.maxAbsoluteError == 2)
  }

  @Test func `equal outputs have no distance, also when all are zero or infinite`() {
    for values in [[0, 0], [1, -2], [.infinity, 1]] as [[Float]] {
      var distance = OutputDistance()
      distance.add(values, reference: values)
      #expect(distance.meanSquaredError == 0 && distance.relativeSquaredError == 0)
      #expect(distance.snr == .infinity)
    }
    var zero = OutputDistance()
    zero.add([1], reference: [0])
    #expect(zero.cosine == 0 && zero.relativeSquaredError == .infinity)
  }

  @Test func `ranks share ties`() {
    #expect(Ranking.ranks([3, 1, 3, 2]) == [3.5, 1, 3.5, 2])
    #expect(Ranking.spearman([1, 2, 3], [10, 20, 25]) == 1)
    #expect(Ranking.spearman([1, 2, 3], [3, 2, 1]) == -1)
    #expect(Ranking.spearman([1, 1], [1, 2]) == nil)
    // Ranks 1, 2.5, 2.5, 4 and 1, 3, 2, 4.
    let expected = 4.5 / (4.5 * 5).squareRoot()
    #expect(abs((Ranking.spearman([1, 2, 2, 3], [1, 3, 2, 4]) ?? 0) - expected) < 1e-12)
  }

  @Test func `pairs are compared by their cosines`() throws {
    var score = PairScore(output: "y", scores: [5, 1, 3])
    let vectors: [[Float]] = [[1, 0], [1, 0], [1, 0], [1, 0], [0, 1], [1, 1]]
    for (sample, vector) in vectors.enumerated() {
      try score.add(Self.answer(sample, ["y": vector], width: 2), reference: nil)
    }
    #expect(score.scoredCount == 3)
    #expect(score.value == 1)
  }

  @Test func `the perplexity of uniform logits is the size of the vocabulary`() throws {
    var score = PerplexityScore(output: "y", tokens: [[0, 1, 3], [2]])
    let logits = [Float](repeating: 1, count: 12)
    try score.add(Self.answer(0, ["y": logits], width: 4), reference: nil)
    try score.add(Self.answer(1, ["y": logits], width: 4), reference: nil)
    #expect(score.scoredCount == 2)
    #expect(abs((score.value ?? 0) - 4) < 1e-12)
    var wrong = PerplexityScore(output: "y", tokens: [[0, 9]])
    #expect(throws: Diagnostic.self) {
      try wrong.add(Self.answer(0, ["y": logits], width: 4), reference: nil)
    }
  }
}
