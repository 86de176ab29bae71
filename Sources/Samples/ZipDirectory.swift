import Diagnostics
import Foundation

/// The stored (uncompressed) entries of a zip archive, by name.
///
/// Source: PKWARE APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12, 4.3.14 to 4.3.16 and 4.5.3.
struct ZipDirectory: Sendable {
  struct Entry: Hashable, Sendable {
    let name: String
    let method: Int
    let flags: Int
    let crc: UInt32
    let storedBytes: Int
    let rawBytes: Int
    let headerOffset: Int
  }

  private let archive: LittleEndianReader
  let entries: [Entry]
  /// Most entries that an archive may have.
  static let entryLimit = 65_536

  /// - Throws: `QC4001` when a record is missing, truncated, out of the file or there twice.
  init(parsing file: Data) throws(Diagnostic) {
    archive = LittleEndianReader(file)
    let end = try ZipDirectory.endRecord(archive)
    var entries: [Entry] = []
    var names: Set<String> = []
    var offset = end.offset
    guard end.count <= ZipDirectory.entryLimit else {
      throw Diagnostic(.malformedArray, "an archive of \(end.count) entries")
    }
    for _ in 0..<end.count {
      let entry = try ZipDirectory.entry(archive, at: &offset)
      guard names.insert(entry.name).inserted else {
        throw Diagnostic(.malformedArray, "two entries named '\(entry.name)'")
      }
      entries.append(entry)
    }
    self.entries = entries
  }

  /// The bytes of an entry, its checksum verified.
  ///
  /// - Throws: `QC4001` when it is compressed, encrypted, out of the file or damaged.
  func contents(of entry: Entry) throws(Diagnostic) -> Data {
    guard entry.method == 0, entry.flags & 1 == 0 else {
      throw Diagnostic(
        .malformedArray, "the entry is compressed or encrypted", at: entry.name,
        hint: "write the archive with numpy.savez, not numpy.savez_compressed")
    }
    guard entry.storedBytes == entry.rawBytes else {
      throw Diagnostic(.malformedArray, "the entry's two sizes differ", at: entry.name)
    }
    let header = entry.headerOffset
    guard try archive.u32(header) == 0x0403_4B50 else {
      throw Diagnostic(.malformedArray, "no local header for the entry", at: entry.name)
    }
    let start = header + 30 + Int(try archive.u16(header + 26)) + Int(try archive.u16(header + 28))
    let data = try archive.slice(start, entry.rawBytes)
    guard CRC32.checksum(data) == entry.crc else {
      throw Diagnostic(
        .malformedArray, "the entry is damaged: its checksum differs", at: entry.name,
        hint: "copy or write the archive anew")
    }
    return data
  }

  /// Number of entries and offset of the first one, from the end record or its 64-bit form.
  private static func endRecord(
    _ archive: LittleEndianReader
  ) throws(Diagnostic) -> (count: Int, offset: Int) {
    let lowest = max(0, archive.count - 22 - 65_535)
    var position = archive.count - 22
    while position >= lowest, try archive.u32(position) != 0x0605_4B50 { position -= 1 }
    guard position >= lowest else {
      throw Diagnostic(
        .malformedArray, "no .npz file: its directory is missing",
        hint: "write it with numpy.savez; was the copy interrupted?")
    }
    let count = Int(try archive.u16(position + 10))
    let offset = Int(try archive.u32(position + 16))
    guard count == 0xFFFF || offset == 0xFFFF_FFFF else { return (count, offset) }
    guard try archive.u32(position - 20) == 0x0706_4B50 else { return (count, offset) }
    let record = try archive.u64(position - 12)
    guard try archive.u32(record) == 0x0606_4B50 else {
      throw Diagnostic(.malformedArray, "the archive's 64-bit end record is missing")
    }
    return (try archive.u64(record + 32), try archive.u64(record + 48))
  }

  private static func entry(
    _ archive: LittleEndianReader, at offset: inout Int
  ) throws(Diagnostic) -> Entry {
    guard try archive.u32(offset) == 0x0201_4B50 else {
      throw Diagnostic(.malformedArray, "no directory entry at byte \(offset)")
    }
    let nameBytes = Int(try archive.u16(offset + 28))
    let extraBytes = Int(try archive.u16(offset + 30))
    let commentBytes = Int(try archive.u16(offset + 32))
    let name = try archive.slice(offset + 46, nameBytes)
    var stored = Int(try archive.u32(offset + 20))
    var raw = Int(try archive.u32(offset + 24))
    var header = Int(try archive.u32(offset + 42))
    // The 64-bit extra field holds, in this order, those of the three that did not fit 32 bits.
    var extra = offset + 46 + nameBytes
    let extraEnd = extra + extraBytes
    while extra + 4 <= extraEnd {
      let size = Int(try archive.u16(extra + 2))
      if try archive.u16(extra) == 1 {
        var field = extra + 4
        for value in [\WideFields.raw, \.stored, \.header] {
          var fields = WideFields(raw: raw, stored: stored, header: header)
          guard fields[keyPath: value] == 0xFFFF_FFFF, field + 8 <= extra + 4 + size else {
            continue
          }
          fields[keyPath: value] = try archive.u64(field)
          (raw, stored, header) = (fields.raw, fields.stored, fields.header)
          field += 8
        }
      }
      extra += 4 + size
    }
    let result = Entry(
      name: String(decoding: name, as: UTF8.self), method: Int(try archive.u16(offset + 10)),
      flags: Int(try archive.u16(offset + 8)), crc: UInt32(try archive.u32(offset + 16)),
      storedBytes: stored, rawBytes: raw, headerOffset: header)
    offset += 46 + nameBytes + extraBytes + commentBytes
    return result
  }

  private struct WideFields {
    var raw: Int
    var stored: Int
    var header: Int
  }
}
