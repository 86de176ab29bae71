import Diagnostics
import Tensors

extension Graph {
  /// Reads the text form; values may have any numbers, each defined before it is used.
  ///
  /// - Throws: `QC1003` with line and column; what an op's table of types refuses; `QC1005`.
  package init(parsing text: String) throws(Diagnostic) {
    var parser = GraphParser()
    var number = 0
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      number += 1
      let trimmed = line.drop { $0 == " " || $0 == "\t" }
      if trimmed.isEmpty || trimmed.hasPrefix("//") { continue }
      var scanner = Scanner(line, line: number)
      do throws(Diagnostic) {
        try parser.readLine(&scanner)
      } catch {
        throw Diagnostic(
          error.code, error.message, at: error.location ?? "line \(number)", hint: error.hint)
      }
    }
    guard let graph = parser.graph else {
      throw Diagnostic(.malformedText, "the text has no 'graph' line")
    }
    self = graph
    try verify()
  }
}

/// Builds the graph line by line.
private struct GraphParser {
  var graph: Graph?
  private var valueByNumber: [Int: ValueID] = [:]

  init() {}

  mutating func readLine(_ scanner: inout Scanner) throws(Diagnostic) {
    guard var graph else {
      try scanner.expect("graph")
      let name = try scanner.quotedText()
      guard let stage = Stage(rawValue: try scanner.identifier()) else {
        throw scanner.problem("expected one of \(Stage.allCases.map(\.rawValue))")
      }
      self.graph = Graph(name: name, stage: stage)
      return
    }
    if scanner.take("output") {
      let name = try scanner.quotedText()
      try scanner.expect("=")
      graph.appendOutput(name, try use(&scanner))
    } else {
      try readNode(&scanner, &graph)
    }
    guard scanner.isAtEnd else { throw scanner.problem("expected the end of the line") }
    self.graph = graph
  }

  private func use(_ scanner: inout Scanner) throws(Diagnostic) -> ValueID {
    let written = try scanner.value()
    guard let value = valueByNumber[written.index] else {
      throw scanner.problem("\(written) is not defined yet")
    }
    return value
  }

  private mutating func readNode(
    _ scanner: inout Scanner, _ graph: inout Graph
  ) throws(Diagnostic) {
    let written = try scanner.value()
    guard valueByNumber[written.index] == nil else {
      throw scanner.problem("\(written) is defined twice")
    }
    try scanner.expect("=")
    let mnemonic = try scanner.identifier()
    let payload = mnemonic == "constant" ? try readPayload(&scanner) : nil
    let operands = try readOperands(&scanner)
    let attributes = try readAttributes(&scanner)
    let name = scanner.peek("\"") ? try scanner.quotedText() : ""
    let source = scanner.take("@") ? try scanner.quotedText() : ""
    try scanner.expect(":")
    let type = try scanner.tensorType()
    let op: Op
    if let payload {
      op = .constant(try payload.tensor(type, scanner))
    } else {
      var reader = AttributeReader(attributes, of: mnemonic)
      op = try Op(mnemonic: mnemonic, &reader)
      try reader.finish()
    }
    valueByNumber[written.index] = graph.append(
      Node(op, operands, type: type, name: name, source: source))
  }

  private func readOperands(_ scanner: inout Scanner) throws(Diagnostic) -> [ValueID] {
    guard scanner.take("(") else { return [] }
    var operands: [ValueID] = []
    while !scanner.take(")") {
      if !operands.isEmpty { try scanner.expect(",") }
      operands.append(try use(&scanner))
    }
    return operands
  }

  private func readAttributes(_ scanner: inout Scanner) throws(Diagnostic) -> [String: Attribute] {
    guard scanner.take("{") else { return [:] }
    var attributes: [String: Attribute] = [:]
    while !scanner.take("}") {
      if !attributes.isEmpty { try scanner.expect(",") }
      let name = try scanner.identifier()
      try scanner.expect("=")
      guard attributes.updateValue(try readAttribute(name, &scanner), forKey: name) == nil else {
        throw scanner.problem("the attribute '\(name)' is given twice")
      }
    }
    return attributes
  }

  private func readAttribute(
    _ name: String, _ scanner: inout Scanner
  ) throws(Diagnostic) -> Attribute {
    if name == "as" {
      let type = try scanner.tensorType()
      return .type(.init(type.element.text(type.quantization)))
    }
    if scanner.peek("[") { return try scanner.list() }
    if scanner.peek("\"") { return .word(try scanner.quotedText()) }
    if scanner.peek("0x") { return .bytes(try scanner.hexBytes()) }
    if scanner.take("true") { return .bool(true) }
    if scanner.take("false") { return .bool(false) }
    return try scanner.number()
  }

  private func readPayload(_ scanner: inout Scanner) throws(Diagnostic) -> Payload {
    if scanner.peek("0x") { return .bytes(try scanner.hexBytes()) }
    if scanner.peek("elided") {
      throw scanner.problem("the constant's value was left out when the text was printed")
    }
    return .list(try scanner.list())
  }
}
