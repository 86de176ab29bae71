import Diagnostics

/// A named property of an op in the text form.
package enum Attribute: Hashable, Sendable {
  case int(Int)
  case ints([Int])
  case float(Float)
  case floats([Float])
  case bool(Bool)
  case word(String)
  case bytes([UInt8])
  case type(TypeText)

  /// A result type carried as an attribute (of `quantize`, `q.*` and the like).
  package struct TypeText: Hashable, Sendable {
    package let text: String
    package init(_ text: String) { self.text = text }
  }
}

/// The attributes of one op as the parser found them; every one must be taken.
package struct AttributeReader {
  private var attributes: [String: Attribute]
  private let mnemonic: String

  package init(_ attributes: [String: Attribute], of mnemonic: String) {
    self.attributes = attributes
    self.mnemonic = mnemonic
  }

  package mutating func int(_ name: String) throws(Diagnostic) -> Int {
    guard case .int(let value) = attributes.removeValue(forKey: name) else { throw missing(name) }
    return value
  }

  package mutating func ints(_ name: String) throws(Diagnostic) -> [Int] {
    guard case .ints(let value) = attributes.removeValue(forKey: name) else { throw missing(name) }
    return value
  }

  package mutating func float(_ name: String) throws(Diagnostic) -> Float {
    switch attributes.removeValue(forKey: name) {
    case .float(let value): return value
    case .int(let value): return Float(value)
    default: throw missing(name)
    }
  }

  package mutating func floats(_ name: String) throws(Diagnostic) -> [Float] {
    switch attributes.removeValue(forKey: name) {
    case .floats(let value): return value
    case .ints(let value): return value.map { Float($0) }
    default: throw missing(name)
    }
  }

  package mutating func optionalFloat(_ name: String) throws(Diagnostic) -> Float? {
    attributes[name] == nil ? nil : try float(name)
  }

  package mutating func bool(_ name: String) throws(Diagnostic) -> Bool {
    guard case .bool(let value) = attributes.removeValue(forKey: name) else { throw missing(name) }
    return value
  }

  /// `false` when it is not there.
  package mutating func flag(_ name: String) throws(Diagnostic) -> Bool {
    attributes[name] == nil ? false : try bool(name)
  }

  package mutating func word(_ name: String) throws(Diagnostic) -> String {
    guard case .word(let value) = attributes.removeValue(forKey: name) else { throw missing(name) }
    return value
  }

  package mutating func optionalWord(_ name: String) throws(Diagnostic) -> String? {
    attributes[name] == nil ? nil : try word(name)
  }

  package mutating func bytes(_ name: String) throws(Diagnostic) -> [UInt8] {
    guard case .bytes(let value) = attributes.removeValue(forKey: name) else { throw missing(name) }
    return value
  }

  package mutating func typeText(_ name: String) throws(Diagnostic) -> String {
    guard case .type(let value) = attributes.removeValue(forKey: name) else { throw missing(name) }
    return value.text
  }

  /// - Throws: `QC1003` when an attribute was left over.
  package func finish() throws(Diagnostic) {
    if let extra = attributes.keys.sorted().first {
      throw Diagnostic(.malformedText, "\(mnemonic) has no attribute '\(extra)'")
    }
  }

  private func missing(_ name: String) -> Diagnostic {
    Diagnostic(.malformedText, "\(mnemonic) needs the attribute '\(name)'")
  }
}
