/// A note that a pass leaves on an op: what it did or why it did not.
package struct Remark: Hashable, Sendable, Codable {
  package enum Kind: String, Hashable, Sendable, Codable {
    /// The op was changed or folded as intended.
    case applied
    /// The op was left alone; the text says why.
    case missed
  }

  package let kind: Kind
  /// The pass that says it.
  package let pass: String
  package let text: String

  package init(_ kind: Kind, pass: String, _ text: String) {
    self.kind = kind
    self.pass = pass
    self.text = text
  }
}
