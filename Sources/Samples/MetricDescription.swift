import Diagnostics

/// How the answers of a model are scored; the words of `Documentation/DatasetSchema.md`.
package struct MetricDescription: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    case top1
    case top5
    /// Class of the largest score over all anchors of the outputs, each `[anchors, classes]`.
    case anchorTop1(outputs: [String])
    /// Whether any score of a column is above the threshold.
    case presence(column: Int, threshold: Double)
    case mse
    case relativeSquaredError
    case cosine
    case snr
    case pairSpearman
    /// `tokens` is the model input that holds the token numbers.
    case perplexity(tokens: String)
    /// The float model's detections that are found, and no others.
    case detections(DetectionDescription)
  }

  package let kind: Kind
  /// The model output that is scored; `nil` when the model has only one.
  package let output: String?

  package init(_ kind: Kind, output: String? = nil) {
    self.kind = kind
    self.output = output
  }

  /// The word for the metric in `dataset.json` and in reports.
  package var name: String {
    switch kind {
    case .top1: "top1"
    case .top5: "top5"
    case .anchorTop1: "anchor_top1"
    case .presence: "presence"
    case .mse: "mse"
    case .relativeSquaredError: "relative_squared_error"
    case .cosine: "cosine"
    case .snr: "snr"
    case .pairSpearman: "pair_spearman"
    case .perplexity: "perplexity"
    case .detections: "detections"
    }
  }

  /// Whether the metric compares answers with labels.
  package var needsLabels: Bool {
    switch kind {
    case .top1, .top5, .anchorTop1, .presence, .pairSpearman: true
    case .mse, .relativeSquaredError, .cosine, .snr, .perplexity, .detections: false
    }
  }
}

extension MetricDescription {
  /// - Throws: `QC4003` for an unknown metric, or a key that the metric does not have.
  init(_ field: JSONField) throws(Diagnostic) {
    let any = try field.object()
    let name = try any.required("name")
    let word = try name.string()
    let extra: [String] =
      switch word {
      case "anchor_top1": ["outputs"]
      case "presence": ["output", "column", "threshold"]
      case "perplexity": ["output", "tokens"]
      case "detections": DetectionDescription.keys
      default: ["output"]
      }
    let metric = try field.object(["name"] + extra)
    output = try metric["output"]?.string()
    switch word {
    case "top1": kind = .top1
    case "top5": kind = .top5
    case "anchor_top1":
      kind = .anchorTop1(
        outputs: try metric.required("outputs").array().map { output throws(Diagnostic) in
          try output.string()
        })
    case "presence":
      kind = .presence(
        column: try metric.required("column").integer(in: DatasetFile.counts),
        threshold: try metric.required("threshold").number())
    case "mse": kind = .mse
    case "relative_squared_error": kind = .relativeSquaredError
    case "cosine": kind = .cosine
    case "snr": kind = .snr
    case "pair_spearman": kind = .pairSpearman
    case "perplexity": kind = .perplexity(tokens: try metric.required("tokens").string())
    case "detections": kind = .detections(try DetectionDescription(metric))
    default:
      throw name.malformed(
        "unknown metric '\(word)'",
        hint: "known: top1, top5, anchor_top1, presence, mse, relative_squared_error, cosine, "
          + "snr, pair_spearman, perplexity, detections")
    }
  }
}
