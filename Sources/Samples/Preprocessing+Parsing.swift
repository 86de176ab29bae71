import Diagnostics

extension Preprocessing {
  /// - Throws: `QC4003` for an unknown key or a wrong value.
  init(_ field: JSONField) throws(Diagnostic) {
    let convert = try field.object([
      "crop", "pad", "channel_order", "element", "mean", "scale", "std", "layout",
    ])
    if let crop = try convert["crop"]?.object(["top", "left", "height", "width"]) {
      self.crop = Crop(
        top: try crop.required("top").integer(in: DatasetFile.counts),
        left: try crop.required("left").integer(in: DatasetFile.counts),
        height: try crop.required("height").integer(in: DatasetFile.extents),
        width: try crop.required("width").integer(in: DatasetFile.extents))
    }
    if let pad = try convert["pad"]?.object(["height", "width", "value"]) {
      self.pad = Pad(
        height: try pad.required("height").integer(in: DatasetFile.extents),
        width: try pad.required("width").integer(in: DatasetFile.extents),
        value: try pad["value"]?.number() ?? 0)
    }
    reversesChannels = try Preprocessing.word(convert["channel_order"], "rgb_to_bgr")
    toFloat = try Preprocessing.word(convert["element"], "float32")
    toChannelsFirst = try Preprocessing.word(convert["layout"], "nhwc_to_nchw")
    mean = try convert["mean"].map { field throws(Diagnostic) in
      try Preprocessing.factors(field)
    }
    switch (convert["scale"], convert["std"]) {
    case (nil, nil): gain = nil
    case (let scale?, nil): gain = .scale(try Preprocessing.factors(scale))
    case (nil, let std?):
      let factors = try Preprocessing.factors(std)
      guard !factors.values.contains(0) else { throw std.malformed("a division by 0") }
      gain = .std(factors)
    case (.some, .some): throw field.malformed("'scale' and 'std' exclude each other")
    }
  }

  /// Whether the key is there; it has one possible value.
  private static func word(_ field: JSONField?, _ word: String) throws(Diagnostic) -> Bool {
    guard let field else { return false }
    guard try field.string() == word else { throw field.malformed("only '\(word)' is known") }
    return true
  }

  private static func factors(_ field: JSONField) throws(Diagnostic) -> Factors {
    if field.isArray {
      return .each(
        try field.array().map { item throws(Diagnostic) in try float(item) })
    }
    return .one(try float(field))
  }

  private static func float(_ field: JSONField) throws(Diagnostic) -> Float {
    let value = Float(try field.number())
    guard value.isFinite else { throw field.malformed("a number beyond float32") }
    return value
  }
}

extension Preprocessing.Factors {
  var values: [Float] {
    switch self {
    case .one(let value): [value]
    case .each(let values): values
    }
  }
}
