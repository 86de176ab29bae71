import Diagnostics

/// What the lint needs to know of a 64-bit little-endian ELF shared object.
///
/// Source: System V gABI, chapters 4 and 5.
package struct ELFFile: Sendable {
  package struct Segment: Hashable, Sendable {
    package let type: UInt32
    /// 1 executable, 2 writable, 4 readable.
    package let flags: UInt32
    package let fileOffset: UInt64
    package let address: UInt64
    package let fileBytes: UInt64
    package let memoryBytes: UInt64
  }

  package let machine: UInt16
  package let segments: [Segment]
  /// Address of each function that the object defines for others.
  package let functions: [String: UInt64]
  /// Names that the object wants from others.
  package let imports: [String]
  /// Whether the loader would have to change a word of it.
  package let hasRelocations: Bool

  package static let loadSegment: UInt32 = 1
  private static let dynamicSegment: UInt32 = 2

  package init(_ bytes: [UInt8]) throws(Diagnostic) {
    let reader = ELFReader(bytes)
    guard bytes.count >= 64, bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]) else {
      throw Diagnostic(.objectLint, "not a 64-bit little-endian ELF file")
    }
    machine = UInt16(try reader.word(18, 2))
    let table = try reader.word(32, 8)
    var segments: [Segment] = []
    for index in 0..<(try reader.word(56, 2)) {
      let at = table + index * 56
      segments.append(
        Segment(
          type: UInt32(try reader.word(at, 4)), flags: UInt32(try reader.word(at + 4, 4)),
          fileOffset: try reader.word(at + 8, 8), address: try reader.word(at + 16, 8),
          fileBytes: try reader.word(at + 32, 8), memoryBytes: try reader.word(at + 40, 8)))
    }
    self.segments = segments
    let dynamic = try ELFFile.dynamicTable(segments, reader)
    hasRelocations = ELFFile.relocationTags.contains { (dynamic[$0] ?? 0) > 0 }
    (functions, imports) = try ELFFile.symbols(dynamic, segments, reader)
  }

  /// DT_RELASZ, DT_RELSZ, DT_RELRSZ, DT_PLTRELSZ, DT_TEXTREL.
  private static let relocationTags: [UInt64] = [8, 18, 35, 2, 22]

  private static func dynamicTable(
    _ segments: [Segment], _ reader: ELFReader
  ) throws(Diagnostic) -> [UInt64: UInt64] {
    guard let segment = segments.first(where: { $0.type == dynamicSegment }) else { return [:] }
    var table: [UInt64: UInt64] = [:]
    for entry in 0..<segment.fileBytes / 16 {
      let tag = try reader.word(segment.fileOffset + entry * 16, 8)
      if tag == 0 { break }
      table[tag] = try reader.word(segment.fileOffset + entry * 16 + 8, 8)
    }
    return table
  }

  /// The dynamic symbols, counted by the chain length of the System V hash table.
  private static func symbols(
    _ dynamic: [UInt64: UInt64], _ segments: [Segment], _ reader: ELFReader
  ) throws(Diagnostic) -> (functions: [String: UInt64], imports: [String]) {
    guard let hash = dynamic[4], let strings = dynamic[5], let table = dynamic[6] else {
      throw Diagnostic(.objectLint, "the object has no dynamic symbol table")
    }
    let count = try reader.word(try offset(hash, segments) + 4, 4)
    let (names, first) = (try offset(strings, segments), try offset(table, segments))
    var functions: [String: UInt64] = [:]
    var imports: [String] = []
    for index in 1..<max(1, count) {
      let at = first + index * 24
      let name = try reader.string(names + (try reader.word(at, 4)))
      if try reader.word(at + 6, 2) == 0 {
        imports.append(name)
      } else {
        functions[name] = try reader.word(at + 8, 8)
      }
    }
    return (functions, imports)
  }

  /// Where in the file the byte of `address` lies.
  private static func offset(
    _ address: UInt64, _ segments: [Segment]
  ) throws(Diagnostic) -> UInt64 {
    for segment in segments
    where segment.type == loadSegment && address >= segment.address
      && address - segment.address < segment.fileBytes
    {
      return segment.fileOffset + (address - segment.address)
    }
    throw Diagnostic(.objectLint, "address \(address) is in no segment of the object")
  }
}

/// Bounds-checked little-endian words of a byte array.
private struct ELFReader {
  let bytes: [UInt8]
  init(_ bytes: [UInt8]) { self.bytes = bytes }

  func word(_ offset: UInt64, _ size: UInt64) throws(Diagnostic) -> UInt64 {
    guard offset <= UInt64(bytes.count), UInt64(bytes.count) - offset >= size else {
      throw Diagnostic(.objectLint, "the object ends before byte \(offset)")
    }
    return (0..<Int(size)).reversed().reduce(0) { $0 << 8 | UInt64(bytes[Int(offset) + $1]) }
  }

  func string(_ offset: UInt64) throws(Diagnostic) -> String {
    guard offset < UInt64(bytes.count) else {
      throw Diagnostic(.objectLint, "the object ends before byte \(offset)")
    }
    return String(decoding: bytes[Int(offset)...].prefix { $0 != 0 }, as: UTF8.self)
  }
}
