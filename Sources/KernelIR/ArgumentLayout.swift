/// The declaration of one kernel family's argument record: it gives the C struct and the bytes.
///
/// Every field is one 32-bit word, so that the record has no padding.
package struct ArgumentLayout: Hashable, Sendable {
  package enum FieldKind: String, Hashable, Sendable {
    case u32 = "uint32_t"
    case i32 = "int32_t"
    case f32 = "float"
  }

  package struct Field: Hashable, Sendable {
    package let name: String
    package let kind: FieldKind
    /// What the field holds, with its unit; becomes the comment in the C struct.
    package let meaning: String
    package init(_ name: String, _ kind: FieldKind, _ meaning: String) {
      self.name = name
      self.kind = kind
      self.meaning = meaning
    }
  }

  /// A value for one field.
  package enum Value: Hashable, Sendable {
    case u32(Int)
    case i32(Int32)
    case f32(Float)
  }

  package let structName: String
  package let fields: [Field]

  package init(_ structName: String, _ fields: [Field]) {
    self.structName = structName
    self.fields = fields
  }

  /// The C struct declaration.
  package var declaration: String {
    let lines = fields.map { "  \($0.kind.rawValue) \($0.name); /* \($0.meaning) */" }
    return "typedef struct {\n\(lines.joined(separator: "\n"))\n} \(structName);\n"
  }

  /// The record's bytes. Every field must be given, with its own kind, and nothing else.
  package func record(_ values: [String: Value]) -> [UInt8] {
    precondition(values.count == fields.count, "\(structName) has \(fields.count) fields")
    return fields.flatMap { field -> [UInt8] in
      let word: UInt32
      switch (values[field.name], field.kind) {
      case (.u32(let value), .u32):
        word = UInt32(value)
      case (.i32(let value), .i32):
        word = UInt32(bitPattern: value)
      case (.f32(let value), .f32):
        word = value.bitPattern
      default:
        preconditionFailure("\(structName).\(field.name) is missing or of another kind")
      }
      return withUnsafeBytes(of: word.littleEndian) { Array($0) }
    }
  }
}
