import Diagnostics
import Foundation

extension Recipe: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case schemaVersion = "schema_version"
    case precision, ops
    case keepFloat = "keep_float"
    case calibrator, percentile
    case interface = "io"
    case attention, activations
    case quantizesActivationProducts = "activation_products"
    case smoothsActivations = "smoothing"
    case keepsMeans = "keep_means"
  }

  /// Any key, so that unknown ones are seen.
  private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// - Throws: `QC3008` for an unknown version or key, or a value that is not allowed.
  package init(from decoder: any Decoder) throws {
    self.init()
    let known = Set(CodingKeys.allCases.map(\.rawValue))
    for key in try decoder.container(keyedBy: AnyKey.self).allKeys
    where !known.contains(key.stringValue) {
      throw Diagnostic(
        .malformedRecipe, "the recipe has an unknown key '\(key.stringValue)'",
        hint: "known are \(known.sorted().joined(separator: ", "))")
    }
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    let version = try fields.decode(Int.self, forKey: .schemaVersion)
    guard version == Recipe.schemaVersion else {
      throw Diagnostic(
        .malformedRecipe, "the recipe has schema_version \(version)",
        hint: "this quantc reads version \(Recipe.schemaVersion)")
    }
    precision = try fields.decodeIfPresent(Precision.self, forKey: .precision) ?? precision
    ops = try fields.decodeIfPresent([String: Precision].self, forKey: .ops) ?? ops
    keepFloat = try fields.decodeIfPresent([String].self, forKey: .keepFloat) ?? keepFloat
    calibrator = try fields.decodeIfPresent(Calibrator.self, forKey: .calibrator) ?? calibrator
    percentile = try fields.decodeIfPresent(Double.self, forKey: .percentile) ?? percentile
    interface = try fields.decodeIfPresent(Interface.self, forKey: .interface) ?? interface
    attention = try fields.decodeIfPresent(Attention.self, forKey: .attention) ?? attention
    activations =
      try fields.decodeIfPresent(Activations.self, forKey: .activations) ?? activations
    quantizesActivationProducts =
      try fields.decodeIfPresent(Bool.self, forKey: .quantizesActivationProducts)
      ?? quantizesActivationProducts
    smoothsActivations =
      try fields.decodeIfPresent(Bool.self, forKey: .smoothsActivations) ?? smoothsActivations
    keepsMeans = try fields.decodeIfPresent(Bool.self, forKey: .keepsMeans) ?? keepsMeans
    guard percentile > 50, percentile <= 100 else {
      throw Diagnostic(
        .malformedRecipe, "percentile \(percentile) is not above 50 and at most 100")
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(Recipe.schemaVersion, forKey: .schemaVersion)
    try fields.encode(precision, forKey: .precision)
    try fields.encode(ops, forKey: .ops)
    try fields.encode(keepFloat, forKey: .keepFloat)
    try fields.encode(calibrator, forKey: .calibrator)
    try fields.encode(percentile, forKey: .percentile)
    try fields.encode(interface, forKey: .interface)
    try fields.encode(attention, forKey: .attention)
    try fields.encode(activations, forKey: .activations)
    try fields.encode(quantizesActivationProducts, forKey: .quantizesActivationProducts)
    try fields.encode(smoothsActivations, forKey: .smoothsActivations)
    try fields.encode(keepsMeans, forKey: .keepsMeans)
  }

  /// Reads a recipe file.
  ///
  /// - Throws: `QC3008` naming the place.
  package init(json: Data) throws(Diagnostic) {
    do {
      self = try JSONDecoder().decode(Recipe.self, from: json)
    } catch let error as Diagnostic {
      throw error
    } catch DecodingError.keyNotFound(let key, _) {
      throw Diagnostic(.malformedRecipe, "the recipe has no '\(key.stringValue)'")
    } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
      DecodingError.dataCorrupted(let context)
    {
      let path = context.codingPath.map(\.stringValue).joined(separator: ".")
      throw Diagnostic(
        .malformedRecipe,
        path.isEmpty ? "the recipe is no JSON object" : "'\(path)' has a value that is not allowed",
        hint: context.debugDescription)
    } catch {
      throw Diagnostic(.malformedRecipe, "the recipe cannot be read: \(error)")
    }
  }

  /// The file's text: sorted keys, the same bytes for equal recipes.
  package func json() throws(Diagnostic) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      return try encoder.encode(self)
    } catch {
      throw Diagnostic(.internalError, "the recipe cannot be written: \(error)")
    }
  }
}
