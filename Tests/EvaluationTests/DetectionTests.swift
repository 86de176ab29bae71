import Diagnostics
import Samples
import Tensors
import Testing

@testable import Evaluation

@Suite("detections")
struct DetectionTests {
  private static func description(
    _ decoding: DetectionDescription.Decoding, firstClass: Int = 0, margin: Double = 0
  ) -> DetectionDescription {
    DetectionDescription(
      threshold: 0.5, margin: margin, suppression: 0.5, overlap: 0.8,
      levels: [.init(scores: "s", boxes: "b", firstClass: firstClass, decoding: decoding)])
  }

  private static func answer(_ scores: [[Float]], _ boxes: [[Float]]) throws -> Answer {
    let tensors = [
      "s": try Tensor.floats(scores.flatMap { $0 }, [scores.count, scores[0].count]),
      "b": try Tensor.floats(boxes.flatMap { $0 }, [boxes.count, boxes[0].count]),
    ]
    return try Answer(sample: 0, tensors: tensors)
  }

  @Test func `of boxes of one class that cover each other the better one stays`() throws {
    let answer = try Self.answer(
      [[0.6, 0], [0.9, 0], [0, 0.7], [0.4, 0]],
      [[0, 0, 10, 10], [0, 1, 10, 10], [0, 1, 10, 10], [50, 50, 60, 60]])
    let found = try Detection.all(in: answer, Self.description(.corners))
    #expect(found.map(\.label) == [0, 1])
    #expect(found.map(\.score) == [0.9, 0.7])
  }

  @Test func `priors and distributions give corners`() throws {
    let priors = DetectionDescription.Decoding.priors(
      centers: 0.1, sizes: 0.2, width: 16, height: 8, grids: [.init(stride: 8, sizes: [4])])
    let faces = try Detection.all(
      in: Self.answer([[1, 0], [0, 1]], [[0, 0, 0, 0], [5, 0, 0, 0]]),
      Self.description(priors, firstClass: 1))
    #expect(faces.map(\.box) == [.init(left: 12, top: 2, right: 16, bottom: 6)])
    let distances = DetectionDescription.Decoding.distributions(stride: 8, columns: 2)
    let sure: [Float] = [0, 99]
    let never: [Float] = [99, 0]
    let boxes = try Detection.all(
      in: Self.answer(
        [[0], [0], [0], [1]], [[Float]](repeating: sure + never + sure + never, count: 4)),
      Self.description(distances))
    #expect(boxes.map(\.box) == [.init(left: 4, top: 12, right: 20, bottom: 12)])
  }

  @Test func `what is missed and what is found besides both count`() throws {
    var score = DetectionScore(Self.description(.corners, margin: 0.1))
    let boxes: [[Float]] = [[0, 0, 10, 10], [20, 0, 30, 10], [40, 0, 50, 10], [60, 0, 70, 10]]
    let float = try Self.answer([[0.9], [0.8], [0.7], [0.1]], boxes)
    // The second scores beside the threshold, the third is lost, the fourth is new.
    let found = try Self.answer([[0.9], [0.45], [0.1], [0.6]], boxes)
    try score.add(found, reference: float)
    #expect(score.scoredCount == 3)
    #expect(score.value == 2.0 / 3)
    var same = DetectionScore(Self.description(.corners))
    try same.add(float, reference: float)
    #expect(same.value == 1)
  }

  @Test func `boxes of another size are refused`() throws {
    let answer = try Self.answer([[1], [1]], [[0, 0, 1], [0, 0, 1]])
    #expect(throws: Diagnostic.self) {
      try Detection.all(in: answer, Self.description(.corners))
    }
  }
}
