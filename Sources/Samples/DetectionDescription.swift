import Diagnostics

/// How the outputs of a detector become boxes, and which boxes of two models are the same.
package struct DetectionDescription: Hashable, Sendable {
  /// One pair of outputs: scores `[anchors, classes]`, and what says where the anchors' boxes are.
  package struct Level: Hashable, Sendable {
    package let scores: String
    package let boxes: String
    /// Classes before it, such as the background, are no detections.
    package let firstClass: Int
    package let decoding: Decoding

    package init(scores: String, boxes: String, firstClass: Int = 0, decoding: Decoding) {
      self.scores = scores
      self.boxes = boxes
      self.firstClass = firstClass
      self.decoding = decoding
    }
  }

  package enum Decoding: Hashable, Sendable {
    /// Left, top, right, bottom as they are.
    case corners
    /// Offsets from prior boxes: the centre in units of the prior's size times one variance, the
    /// size as the logarithm of its ratio over the other.
    case priors(centers: Double, sizes: Double, width: Double, height: Double, grids: [Grid])
    /// Distances of the sides from the centre of the anchor's cell, each the mean of a distribution
    /// over `0, 1, …` times the stride, given by logits.
    case distributions(stride: Double, columns: Int)
  }

  /// Square priors around the centres of the cells of a grid that covers the image.
  package struct Grid: Hashable, Sendable {
    package let stride: Double
    package let sizes: [Double]

    package init(stride: Double, sizes: [Double]) {
      self.stride = stride
      self.sizes = sizes
    }
  }

  /// Only scores above it are detections.
  package let threshold: Double
  /// How far below the threshold the partner of a detection may score.
  package let margin: Double
  /// Of two boxes of one class that overlap more than this, the one with the larger score stays.
  package let suppression: Double
  /// Two models' boxes of one class that overlap at least so much are the same.
  package let overlap: Double
  package let levels: [Level]

  package init(
    threshold: Double, margin: Double = 0, suppression: Double, overlap: Double, levels: [Level]
  ) {
    self.threshold = threshold
    self.margin = margin
    self.suppression = suppression
    self.overlap = overlap
    self.levels = levels
  }
}

extension DetectionDescription {
  static let keys = ["threshold", "margin", "suppression", "overlap", "levels"]

  /// - Throws: `QC4003` for a key that is missing, unknown or of another kind.
  init(_ metric: JSONObject) throws(Diagnostic) {
    self.init(
      threshold: try metric.required("threshold").number(),
      margin: try metric["margin"]?.number() ?? 0,
      suppression: try metric.required("suppression").number(),
      overlap: try metric.required("overlap").number(),
      levels: try metric.required("levels").array().map { field throws(Diagnostic) in
        try Level(field)
      })
  }
}

extension DetectionDescription.Level {
  fileprivate init(_ field: JSONField) throws(Diagnostic) {
    let level = try field.object(["scores", "boxes", "first_class", "decoding"])
    self.init(
      scores: try level.required("scores").string(), boxes: try level.required("boxes").string(),
      firstClass: try level["first_class"]?.integer(in: DatasetFile.counts) ?? 0,
      decoding: try DetectionDescription.Decoding(level.required("decoding")))
  }
}

extension DetectionDescription.Decoding {
  fileprivate init(_ field: JSONField) throws(Diagnostic) {
    let name = try field.object().required("name")
    switch try name.string() {
    case "corners":
      _ = try field.object(["name"])
      self = .corners
    case "priors":
      let priors = try field.object(
        ["name", "center_variance", "size_variance", "width", "height", "grids"])
      self = .priors(
        centers: try priors.required("center_variance").number(),
        sizes: try priors.required("size_variance").number(),
        width: try priors.required("width").positive(),
        height: try priors.required("height").positive(),
        grids: try priors.required("grids").array().map { field throws(Diagnostic) in
          let grid = try field.object(["stride", "sizes"])
          return DetectionDescription.Grid(
            stride: try grid.required("stride").positive(),
            sizes: try grid.required("sizes").array().map { size throws(Diagnostic) in
              try size.positive()
            })
        })
    case "distributions":
      let cells = try field.object(["name", "stride", "columns"])
      self = .distributions(
        stride: try cells.required("stride").positive(),
        columns: try cells.required("columns").integer(in: 1...DatasetFile.counts.upperBound))
    case let word:
      throw name.malformed(
        "unknown decoding '\(word)'", hint: "known: corners, priors, distributions")
    }
  }
}

extension JSONField {
  /// A number above 0 of a size that coordinates have.
  fileprivate func positive() throws(Diagnostic) -> Double {
    let value = try number()
    guard value > 0, value < 1e6 else { throw malformed("\(value) is no extent of an image") }
    return value
  }
}
