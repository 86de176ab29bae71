import Diagnostics

/// A local rewrite: looks at one value and, when its pattern is there, appends the replacement.
///
/// A rule only improves: it never makes a node that another rule would have to repair, and applied
/// until nothing changes it ends.
package struct RewriteRule: Sendable {
  package let name: String
  /// Returns the value that replaces `id`, or `nil` when the pattern is not there.
  package let apply: @Sendable (_ id: ValueID, _ graph: inout Graph) throws(Diagnostic) -> ValueID?

  package init(
    _ name: String,
    apply: @escaping @Sendable (_ id: ValueID, _ graph: inout Graph) throws(Diagnostic) -> ValueID?
  ) {
    self.name = name
    self.apply = apply
  }
}

extension RewriteRule {
  /// Rounds over the whole graph after which rules that still fire are taken for endless.
  static let roundLimit = 64

  /// Applies the rules, first one first, to every value until none fires.
  ///
  /// - Throws: what a rule throws; `QC9001` naming the rule that does not end.
  static func applyAll(_ rules: [RewriteRule], to graph: inout Graph) throws(Diagnostic) {
    for _ in 0..<roundLimit {
      var fired: String?
      var index = 0
      while index < graph.nodes.count {
        let id = ValueID(index)
        index += 1
        guard graph.resolve(id) == id else { continue }
        for rule in rules {
          if let replacement = try rule.apply(id, &graph) {
            graph.replaceUses(of: id, with: replacement)
            fired = rule.name
            break
          }
        }
      }
      try graph.compact()
      if fired == nil { return }
    }
    throw Diagnostic(
      .internalError,
      "the rules \(rules.map(\.name).joined(separator: ", ")) do not come to an end")
  }
}
