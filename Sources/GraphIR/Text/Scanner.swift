import Diagnostics

/// Reads tokens of one line of IR text.
struct Scanner {
  private let characters: [Character]
  private var position = 0
  let line: Int

  init(_ text: Substring, line: Int) {
    characters = Array(text)
    self.line = line
  }

  var isAtEnd: Bool {
    mutating get {
      skipSpaces()
      return position == characters.count
    }
  }

  func problem(_ message: String) -> Diagnostic {
    Diagnostic(.malformedText, message, at: "line \(line), column \(position + 1)")
  }

  private mutating func skipSpaces() {
    while position < characters.count, characters[position] == " " || characters[position] == "\t" {
      position += 1
    }
  }

  /// Takes `token` if it is next.
  mutating func take(_ token: String) -> Bool {
    skipSpaces()
    guard characters[position...].starts(with: token) else { return false }
    position += token.count
    return true
  }

  mutating func peek(_ token: String) -> Bool {
    skipSpaces()
    return characters[position...].starts(with: token)
  }

  mutating func expect(_ token: String) throws(Diagnostic) {
    guard take(token) else { throw problem("expected '\(token)'") }
  }

  /// Letters, digits, `_` and `.`.
  mutating func identifier() throws(Diagnostic) -> String {
    skipSpaces()
    let start = position
    while position < characters.count,
      characters[position].isLetter || characters[position].isNumber
        || "_.".contains(characters[position])
    {
      position += 1
    }
    guard position > start else { throw problem("expected a name") }
    return String(characters[start..<position])
  }

  mutating func value() throws(Diagnostic) -> ValueID {
    try expect("%")
    guard let index = Int(try identifier()), index >= 0 else { throw problem("expected a value") }
    return ValueID(index)
  }

  mutating func quotedText() throws(Diagnostic) -> String {
    try expect("\"")
    var result = ""
    while position < characters.count {
      let character = characters[position]
      position += 1
      if character == "\"" { return result }
      guard character == "\\" else {
        result.append(character)
        continue
      }
      guard position < characters.count else { break }
      let escaped = characters[position]
      position += 1
      switch escaped {
      case "n": result.append("\n")
      case "u":
        try expect("{")
        guard let code = UInt32(try identifier(), radix: 16), let scalar = Unicode.Scalar(code)
        else { throw problem("expected a character code") }
        try expect("}")
        result.unicodeScalars.append(scalar)
      default: result.append(escaped)
      }
    }
    throw problem("the text is not closed")
  }

  /// A number in decimal, or `inf`, `-inf`, `nan`; it is an integer when it has no `.` or exponent.
  mutating func number() throws(Diagnostic) -> Attribute {
    skipSpaces()
    let start = position
    while position < characters.count,
      characters[position].isLetter || characters[position].isNumber
        || "+-.".contains(characters[position])
    {
      position += 1
    }
    let text = String(characters[start..<position])
    if let value = Int(text) { return .int(value) }
    if let value = Float(text) { return .float(value) }
    position = start
    throw problem("expected a number")
  }

  /// `[1, 2]` or `[1.0, 2]`.
  mutating func list() throws(Diagnostic) -> Attribute {
    try expect("[")
    var ints: [Int] = []
    var floats: [Float] = []
    var isInteger = true
    while !take("]") {
      if !floats.isEmpty { try expect(",") }
      switch try number() {
      case .int(let value):
        ints.append(value)
        floats.append(Float(value))
      case .float(let value):
        isInteger = false
        floats.append(value)
      default:
        throw problem("expected a number")
      }
    }
    return isInteger ? .ints(ints) : .floats(floats)
  }

  /// `0x` and pairs of hexadecimal digits.
  mutating func hexBytes() throws(Diagnostic) -> [UInt8] {
    try expect("0x")
    var bytes: [UInt8] = []
    while position + 1 < characters.count,
      let byte = UInt8(String(characters[position...(position + 1)]), radix: 16)
    {
      bytes.append(byte)
      position += 2
    }
    return bytes
  }
}
