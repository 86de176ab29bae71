import Diagnostics
import Foundation

/// What `quantc eval` found: the float and the quantized model side by side.
package struct EvaluationReport: Hashable, Sendable {
  package struct Metric: Hashable, Sendable {
    package let name: String
    /// The output that is scored; `nil` where the metric reads several.
    package let output: String?
    package let scoredCount: Int
    package let float: Double?
    package let quantized: Double?

    /// The quantized model's value less the float model's.
    package var difference: Double? {
      guard let float, let quantized else { return nil }
      return quantized - float
    }
  }

  package struct Flips: Hashable, Sendable {
    /// The samples whose answer is not the float model's, in order.
    package let samples: [Int]
    package let comparedCount: Int

    package var share: Double {
      comparedCount == 0 ? 0 : Double(samples.count) / Double(comparedCount)
    }
  }

  package struct Output: Hashable, Sendable {
    package let name: String
    package let distance: OutputDistance

    package init(name: String, _ distance: OutputDistance) {
      self.name = name
      self.distance = distance
    }
  }

  /// Relative squared errors against another runtime's values.
  package struct Expected: Hashable, Sendable {
    package let output: String
    package let float: Double?
    package let quantized: Double?
  }

  package let model: String
  package let sampleCount: Int
  package let metric: Metric?
  package let flips: Flips?
  /// Distance of the quantized model's outputs to the float model's.
  package let outputs: [Output]
  package let expected: [Expected]
}

extension EvaluationReport: Encodable {
  package static let schemaVersion = 1

  private enum CodingKeys: String, CodingKey {
    case schemaVersion = "schema_version"
    case model
    case sampleCount = "sample_count"
    case metric, flips, outputs, expected
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(EvaluationReport.schemaVersion, forKey: .schemaVersion)
    try container.encode(model, forKey: .model)
    try container.encode(sampleCount, forKey: .sampleCount)
    try container.encode(metric, forKey: .metric)
    try container.encode(flips, forKey: .flips)
    try container.encode(outputs, forKey: .outputs)
    try container.encode(expected, forKey: .expected)
  }

  /// The report as JSON text with sorted keys; a value that is not finite is `null`.
  ///
  /// - Throws: `QC9001` when the text cannot be made.
  package func json() throws(Diagnostic) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    do {
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    } catch {
      throw Diagnostic(.internalError, "the report cannot be written: \(error)")
    }
  }
}

/// A number that JSON may not be able to hold: `null` when absent, infinite or NaN.
private struct Number: Encodable {
  let value: Double?

  init(_ value: Double?) { self.value = value }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    guard let value, value.isFinite else { return try container.encodeNil() }
    try container.encode(value)
  }
}

extension EvaluationReport.Metric: Encodable {
  private enum CodingKeys: String, CodingKey {
    case name, output, float, quantized, difference
    case scoredCount = "scored_count"
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(output, forKey: .output)
    try container.encode(scoredCount, forKey: .scoredCount)
    try container.encode(Number(float), forKey: .float)
    try container.encode(Number(quantized), forKey: .quantized)
    try container.encode(Number(difference), forKey: .difference)
  }
}

extension EvaluationReport.Flips: Encodable {
  private enum CodingKeys: String, CodingKey {
    case samples, share, count
    case comparedCount = "compared_count"
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(samples, forKey: .samples)
    try container.encode(samples.count, forKey: .count)
    try container.encode(comparedCount, forKey: .comparedCount)
    try container.encode(share, forKey: .share)
  }
}

extension EvaluationReport.Output: Encodable {
  private enum CodingKeys: String, CodingKey {
    case name, mse, cosine
    case relativeSquaredError = "relative_squared_error"
    case snr = "snr_db"
    case maxAbsoluteError = "max_absolute_error"
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(Number(distance.meanSquaredError), forKey: .mse)
    try container.encode(Number(distance.relativeSquaredError), forKey: .relativeSquaredError)
    try container.encode(Number(distance.cosine), forKey: .cosine)
    try container.encode(Number(distance.snr), forKey: .snr)
    try container.encode(Number(distance.maxAbsoluteError), forKey: .maxAbsoluteError)
  }
}

extension EvaluationReport.Expected: Encodable {
  private enum CodingKeys: String, CodingKey { case output, float, quantized }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(output, forKey: .output)
    try container.encode(Number(float), forKey: .float)
    try container.encode(Number(quantized), forKey: .quantized)
  }
}
