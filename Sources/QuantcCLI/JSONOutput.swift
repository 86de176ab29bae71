import Diagnostics
import Foundation

/// What `--json` prints: one document on standard output and nothing else there.
enum JSONOutput {
  /// The document as text: keys sorted, so that equal values give equal bytes.
  static func text(_ value: some Encodable) throws(Diagnostic) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    do {
      return String(decoding: try encoder.encode(value), as: UTF8.self)
    } catch {
      throw Diagnostic(.internalError, "a report cannot be encoded: \(error)")
    }
  }

  static func print(_ value: some Encodable) throws(Diagnostic) {
    Swift.print(try text(value))
  }
}
