import Diagnostics

/// Reads the Python dictionary in a `.npy` header: `{'descr': '<f4', 'fortran_order': False,
/// 'shape': (2, 3), }`, the three keys once each, in any order.
struct PythonLiteral {
  private let text: [UInt8]
  private var position = 0

  init(_ text: [UInt8]) { self.text = text }

  struct Fields {
    var descr: String
    var fortranOrder: Bool
    var dims: [Int]
  }

  /// - Throws: `QC4001` for anything else than the dictionary and blanks behind it.
  mutating func header() throws(Diagnostic) -> Fields {
    var descr: String?
    var fortranOrder: Bool?
    var dims: [Int]?
    try expect("{")
    while !take("}") {
      let key = try string()
      try expect(":")
      switch key {
      case "descr" where descr == nil: descr = try typeDescription()
      case "fortran_order" where fortranOrder == nil: fortranOrder = try boolean()
      case "shape" where dims == nil: dims = try tuple()
      default: throw malformed("key '\(key)' is unknown or there twice")
      }
      if take(",") { continue }
      try expect("}")
      break
    }
    skipBlanks()
    guard position == text.count else { throw malformed("text after the dictionary") }
    guard let descr, let fortranOrder, let dims else {
      throw malformed("'descr', 'fortran_order' or 'shape' is missing")
    }
    return Fields(descr: descr, fortranOrder: fortranOrder, dims: dims)
  }

  private mutating func typeDescription() throws(Diagnostic) -> String {
    if take("[") {
      throw Diagnostic(
        .malformedArray, "the array has named fields",
        hint: "save each field as an array of its own")
    }
    return try string()
  }

  private mutating func string() throws(Diagnostic) -> String {
    skipBlanks()
    guard position < text.count, text[position] == quote || text[position] == doubleQuote else {
      throw malformed("a string was expected")
    }
    let delimiter = text[position]
    let start = position + 1
    guard let end = text[start...].firstIndex(of: delimiter), end - start <= 64,
      text[start..<end].allSatisfy({ (0x20..<0x7F).contains($0) && $0 != backslash })
    else { throw malformed("a string that is not a plain word") }
    position = end + 1
    return String(decoding: text[start..<end], as: UTF8.self)
  }

  private mutating func boolean() throws(Diagnostic) -> Bool {
    if take("True") { return true }
    if take("False") { return false }
    throw malformed("True or False was expected")
  }

  private mutating func tuple() throws(Diagnostic) -> [Int] {
    var dims: [Int] = []
    try expect("(")
    while !take(")") {
      dims.append(try integer())
      _ = take("L")
      if take(",") { continue }
      try expect(")")
      break
    }
    return dims
  }

  private mutating func integer() throws(Diagnostic) -> Int {
    skipBlanks()
    let digits = text[position...].prefix { (0x30...0x39).contains($0) }
    guard !digits.isEmpty, let value = Int(String(decoding: digits, as: UTF8.self)) else {
      throw malformed("an extent that is no whole number, negative, or too large")
    }
    position += digits.count
    return value
  }

  private mutating func take(_ word: StaticString) -> Bool {
    skipBlanks()
    let bytes = Array("\(word)".utf8)
    guard text[position...].starts(with: bytes) else { return false }
    position += bytes.count
    return true
  }

  private mutating func expect(_ word: StaticString) throws(Diagnostic) {
    if !take(word) { throw malformed("'\(word)' was expected") }
  }

  private mutating func skipBlanks() {
    while position < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[position]) {
      position += 1
    }
  }

  private func malformed(_ reason: String) -> Diagnostic {
    Diagnostic(
      .malformedArray, "malformed .npy header at byte \(position) of its text: \(reason)",
      hint: "write the file with numpy.save(path, array)")
  }

  private var quote: UInt8 { 0x27 }
  private var doubleQuote: UInt8 { 0x22 }
  private var backslash: UInt8 { 0x5C }
}
