import QuantcRuntime

/// One section on its way into a file.
struct PackageSection {
  let kind: qc_section_kind
  let name: String
  var variant = ""
  var architecture = QC_ARCHITECTURE_ANY
  var rank = 0
  var alignment = 1
  let rawBytes: Int
  let stored: Compressor.Stored
}

/// Puts sections into a file: header, table, contents, without holes but for alignment.
enum PackageLayout {
  static func file(_ sections: [PackageSection]) -> [UInt8] {
    var table = ByteWriter()
    var end = MemoryLayout<qc_file_header>.size
    end += sections.count * MemoryLayout<qc_section_entry>.size
    for section in sections {
      let offset = (end + section.alignment - 1) / section.alignment * section.alignment
      table.append(entry(section, offset: offset))
      end = offset + section.stored.bytes.count
    }

    var header = qc_file_header()
    header.magic = qc_magic
    header.version = UInt32(QC_FORMAT_VERSION)
    header.file_bytes = UInt64(end)
    header.table_offset = UInt64(MemoryLayout<qc_file_header>.size)
    header.section_count = UInt32(sections.count)
    header.entry_bytes = UInt32(MemoryLayout<qc_section_entry>.size)
    let hashed = MemoryLayout<qc_file_header>.size - Int(QC_SHA256_BYTES)
    var head = ByteWriter()
    head.append(header)
    setBytes(of: &header.sha256, to: sha256(Array(head.bytes.prefix(hashed)) + table.bytes))

    var file = ByteWriter()
    file.append(header)
    file.append(table.bytes)
    for section in sections {
      file.pad(to: section.alignment)
      file.append(section.stored.bytes)
    }
    return file.bytes
  }

  private static func entry(_ section: PackageSection, offset: Int) -> qc_section_entry {
    var entry = qc_section_entry()
    entry.kind = section.kind.rawValue
    entry.codec = UInt16(section.stored.codec.rawValue)
    entry.architecture = UInt16(section.architecture.rawValue)
    entry.rank = UInt32(section.rank)
    entry.alignment = UInt32(section.alignment)
    entry.offset = UInt64(offset)
    entry.stored_bytes = UInt64(section.stored.bytes.count)
    entry.raw_bytes = UInt64(section.rawBytes)
    setBytes(of: &entry.sha256, to: sha256(section.stored.bytes))
    setBytes(of: &entry.name, to: Array(section.name.utf8))
    setBytes(of: &entry.variant, to: Array(section.variant.utf8))
    return entry
  }

  /// Overwrites the first bytes of a C array.
  private static func setBytes<Field: BitwiseCopyable>(of field: inout Field, to bytes: [UInt8]) {
    withUnsafeMutableBytes(of: &field) { buffer in
      precondition(bytes.count <= buffer.count, "\(bytes.count) bytes in \(buffer.count)")
      buffer.copyBytes(from: bytes)
    }
  }

  /// SHA-256 of `bytes`, 32 bytes.
  static func sha256(_ bytes: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Int(QC_SHA256_BYTES)) { digest, count in
      qc_sha256(bytes, bytes.count, digest.baseAddress)
      count = Int(QC_SHA256_BYTES)
    }
  }
}
