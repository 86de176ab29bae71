import Diagnostics
import Foundation
import Samples

/// A box of one class.
struct Detection: Hashable, Sendable {
  let label: Int
  let score: Float
  let box: Box

  /// Corners in pixels.
  struct Box: Hashable, Sendable {
    let left: Double
    let top: Double
    let right: Double
    let bottom: Double

    var area: Double { max(0, right - left) * max(0, bottom - top) }

    /// Intersection over union; 0 when both are empty.
    func overlap(_ other: Box) -> Double {
      let common = Box(
        left: max(left, other.left), top: max(top, other.top), right: min(right, other.right),
        bottom: min(bottom, other.bottom)
      ).area
      let whole = area + other.area - common
      return whole > 0 ? common / whole : 0
    }
  }

  /// What is detected in an answer: the scores above the threshold less `margin`, best first, boxes
  /// that a better one of their class covers left out.
  ///
  /// - Throws: `QC4003` when an output is missing or has another size.
  static func all(
    in answer: Answer, _ description: DetectionDescription, margin: Double = 0
  ) throws(Diagnostic) -> [Detection] {
    var found: [Detection] = []
    for level in description.levels {
      let (scores, boxes) = (try answer.values(level.scores), try answer.values(level.boxes))
      let classes = scores.dims.last ?? 0
      let anchors = classes > 0 ? scores.elements.count / classes : 0
      let decoder = try BoxDecoder(level, boxes.elements, anchors: anchors)
      for anchor in 0..<anchors {
        for label in min(level.firstClass, classes)..<classes {
          let score = scores.elements[anchor * classes + label]
          guard Double(score) > description.threshold - margin else { continue }
          found.append(
            Detection(label: label, score: score, box: decoder.box(anchor, boxes.elements)))
        }
      }
    }
    // Of equal scores the earlier anchor comes first.
    let order = found.indices.sorted {
      found[$0].score != found[$1].score ? found[$0].score > found[$1].score : $0 < $1
    }
    var kept: [Detection] = []
    for index in order {
      let next = found[index]
      let isCovered = kept.contains {
        $0.label == next.label && $0.box.overlap(next.box) > description.suppression
      }
      if !isCovered { kept.append(next) }
    }
    return kept
  }

  /// How many of `expected` have a partner of their own in `found`, the best ones choosing first.
  static func matchCount(
    _ expected: [Detection], _ found: [Detection], overlap: Double
  ) -> Int {
    var free = Array(found.indices)
    var count = 0
    for detection in expected {
      let partners = free.filter {
        found[$0].label == detection.label && found[$0].box.overlap(detection.box) >= overlap
      }
      let best = partners.max {
        found[$0].box.overlap(detection.box) < found[$1].box.overlap(detection.box)
      }
      guard let best else { continue }
      free.removeAll { $0 == best }
      count += 1
    }
    return count
  }
}

/// From the values of a level's boxes to corners.
private struct BoxDecoder {
  private let decoding: DetectionDescription.Decoding
  /// Values for each anchor.
  private let width: Int
  /// Centre and size of each anchor's prior.
  private var priors: [(x: Double, y: Double, size: Double)] = []

  init(
    _ level: DetectionDescription.Level, _ values: [Float], anchors: Int
  ) throws(Diagnostic) {
    decoding = level.decoding
    width = anchors > 0 ? values.count / anchors : 4
    if case .priors(_, _, let width, let height, let grids) = level.decoding {
      for grid in grids {
        for row in 0..<Int((height / grid.stride).rounded(.up)) {
          for column in 0..<Int((width / grid.stride).rounded(.up)) {
            priors += grid.sizes.map {
              ((Double(column) + 0.5) * grid.stride, (Double(row) + 0.5) * grid.stride, $0)
            }
          }
        }
      }
    }
    let isWhole = width * anchors == values.count && width % 4 == 0 && width > 0
    let fits =
      switch level.decoding {
      case .corners: isWhole && width == 4
      case .priors: isWhole && width == 4 && priors.count == anchors
      case .distributions: isWhole
      }
    guard fits else {
      throw Diagnostic(
        .malformedDataset, "\(values.count) values are no boxes of \(anchors) anchors",
        at: "metric.levels", hint: "the output is '\(level.boxes)'")
    }
  }

  func box(_ anchor: Int, _ values: [Float]) -> Detection.Box {
    let own = values[anchor * width..<(anchor + 1) * width].map { Double($0) }
    switch decoding {
    case .corners:
      return Detection.Box(left: own[0], top: own[1], right: own[2], bottom: own[3])
    case .priors(let centers, let sizes, _, _, _):
      let prior = priors[anchor]
      let x = prior.x + own[0] * centers * prior.size
      let y = prior.y + own[1] * centers * prior.size
      let (width, height) = (prior.size * exp(own[2] * sizes), prior.size * exp(own[3] * sizes))
      return Detection.Box(
        left: x - width / 2, top: y - height / 2, right: x + width / 2, bottom: y + height / 2)
    case .distributions(let stride, let columns):
      let sides = (0..<4).map { side in
        BoxDecoder.mean(own[side * width / 4..<(side + 1) * width / 4]) * stride
      }
      let x = (Double(anchor % columns) + 0.5) * stride
      let y = (Double(anchor / columns) + 0.5) * stride
      return Detection.Box(
        left: x - sides[0], top: y - sides[1], right: x + sides[2], bottom: y + sides[3])
    }
  }

  /// The mean of the distribution over 0, 1, … whose logits are given.
  private static func mean(_ logits: ArraySlice<Double>) -> Double {
    let highest = logits.max() ?? 0
    var (sum, weighted) = (0.0, 0.0)
    for (bin, logit) in logits.enumerated() {
      let weight = exp(logit - highest)
      sum += weight
      weighted += weight * Double(bin)
    }
    return weighted / sum
  }
}
