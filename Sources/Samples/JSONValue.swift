import Diagnostics
import Foundation

/// Any JSON value, so that a reader can name the keys that it does not know.
indirect enum JSONValue: Decodable, Hashable, Sendable {
  case null
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .boolean(value)
    } else if let value = try? container.decode(Int.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  var kind: String {
    switch self {
    case .null: "null"
    case .boolean: "a boolean"
    case .integer, .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

/// One value of a JSON document and the path of keys that leads to it.
struct JSONField {
  let value: JSONValue
  /// `splits.dev.inputs`; empty for the whole document.
  let path: String

  /// - Throws: `QC4003`, naming the path.
  func malformed(_ reason: String, hint: String? = nil) -> Diagnostic {
    Diagnostic(.malformedDataset, reason, at: path.isEmpty ? nil : path, hint: hint)
  }

  /// The object's fields; `known` are the keys that may be there, `nil` when any may.
  ///
  /// - Throws: `QC4003` when it is no object or has an unknown key.
  func object(_ known: [String]? = nil) throws(Diagnostic) -> JSONObject {
    guard case .object(let members) = value else {
      throw malformed("an object was expected, not \(value.kind)")
    }
    if let known, let unknown = members.keys.sorted().first(where: { !known.contains($0) }) {
      throw malformed("unknown key '\(unknown)'", hint: "known: \(known.joined(separator: ", "))")
    }
    return JSONObject(members: members, path: path)
  }

  func string() throws(Diagnostic) -> String {
    guard case .string(let text) = value else {
      throw malformed("a string was expected, not \(value.kind)")
    }
    return text
  }

  func boolean() throws(Diagnostic) -> Bool {
    guard case .boolean(let value) = value else {
      throw malformed("true or false was expected, not \(self.value.kind)")
    }
    return value
  }

  func integer(in bounds: ClosedRange<Int>) throws(Diagnostic) -> Int {
    guard case .integer(let number) = value else {
      throw malformed("a whole number was expected, not \(value.kind)")
    }
    guard bounds.contains(number) else {
      throw malformed("\(number) is outside of \(bounds.lowerBound)...\(bounds.upperBound)")
    }
    return number
  }

  /// A finite number.
  func number() throws(Diagnostic) -> Double {
    switch value {
    case .integer(let number): return Double(number)
    case .number(let number) where number.isFinite: return number
    case .number: throw malformed("a number that is not finite")
    case .null, .boolean, .string, .array, .object:
      throw malformed("a number was expected, not \(value.kind)")
    }
  }

  func array() throws(Diagnostic) -> [JSONField] {
    guard case .array(let values) = value else {
      throw malformed("an array was expected, not \(value.kind)")
    }
    return values.enumerated().map { JSONField(value: $1, path: "\(path)[\($0)]") }
  }

  var isArray: Bool { if case .array = value { true } else { false } }
}

/// The members of a JSON object.
struct JSONObject {
  let members: [String: JSONValue]
  let path: String

  /// The keys in alphabetical order, so that the first error does not depend on hashing.
  var keys: [String] { members.keys.sorted() }

  subscript(key: String) -> JSONField? {
    members[key].map { JSONField(value: $0, path: path.isEmpty ? key : "\(path).\(key)") }
  }

  /// - Throws: `QC4003` when the key is not there.
  func required(_ key: String) throws(Diagnostic) -> JSONField {
    guard let field = self[key] else {
      throw Diagnostic(
        .malformedDataset, "the key '\(key)' is missing", at: path.isEmpty ? nil : path)
    }
    return field
  }
}
