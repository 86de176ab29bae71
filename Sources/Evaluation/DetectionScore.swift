import Diagnostics
import Samples

/// `detections`: how far a model detects what the float model does. Of the float model's detections
/// the share that is found, or 1 less the share that is found besides, whichever is less.
struct DetectionScore: MetricScore {
  let description: DetectionDescription
  /// Detections of the float model.
  private(set) var scoredCount = 0
  private var matchedCount = 0
  private var extraCount = 0

  init(_ description: DetectionDescription) { self.description = description }

  mutating func add(_ answer: Answer, reference: Answer?) throws(Diagnostic) {
    guard let reference else { return }
    let expected = try Detection.all(in: reference, description)
    let found = try Detection.all(in: answer, description)
    let (margin, overlap) = (description.margin, description.overlap)
    scoredCount += expected.count
    matchedCount += Detection.matchCount(
      expected, try Detection.all(in: answer, description, margin: margin), overlap: overlap)
    extraCount += found.count
    extraCount -= Detection.matchCount(
      found, try Detection.all(in: reference, description, margin: margin), overlap: overlap)
  }

  var value: Double? {
    guard scoredCount > 0 else { return nil }
    return Double(min(matchedCount, scoredCount - extraCount)) / Double(scoredCount)
  }
}
