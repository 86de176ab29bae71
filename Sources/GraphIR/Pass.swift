import Diagnostics

/// A named step from graph to graph.
package struct Pass: Sendable {
  package let name: String
  package let run: @Sendable (inout Graph) throws(Diagnostic) -> Void

  package init(
    _ name: String, run: @escaping @Sendable (inout Graph) throws(Diagnostic) -> Void
  ) {
    self.name = name
    self.run = run
  }

  /// A pass that applies rules until none fires.
  package init(_ name: String, rules: [RewriteRule]) {
    self.init(name) { graph throws(Diagnostic) in
      try RewriteRule.applyAll(rules, to: &graph)
    }
  }
}
