/// C text under construction: lines with the indentation of their block.
package struct CSource: Sendable {
  package private(set) var text = ""
  private var depth = 0

  package init() {}

  /// One or more lines; each gets the block's indentation, empty ones stay empty.
  package mutating func line(_ lines: String) {
    for line in lines.split(separator: "\n", omittingEmptySubsequences: false) {
      if !line.isEmpty { text += String(repeating: "  ", count: depth) + line }
      text += "\n"
    }
  }

  package mutating func blank() { text += "\n" }

  package mutating func comment(_ words: String) { line("/* \(words) */") }

  /// `header {`, the lines of `body` one step deeper, `}`.
  package mutating func block<Failure: Error>(
    _ header: String, _ body: (inout CSource) throws(Failure) -> Void
  ) throws(Failure) {
    line(header + (header.isEmpty ? "{" : " {"))
    depth += 1
    try body(&self)
    depth -= 1
    line("}")
  }

  /// A block that the compiler must not unroll, so that its registers are as planned.
  package mutating func rolled(_ header: String, _ body: (inout CSource) -> Void) {
    line("#pragma clang loop unroll(disable)")
    block(header, body)
  }
}
