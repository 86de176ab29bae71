// Unsafe pointers: `handle` is a C package, closed exactly once, by `deinit`; sections are copied
// out of it.

import Diagnostics
import Foundation
import QuantcRuntime

/// A package opened for inspection: its section table and the contents of its sections.
package struct PackageFile: ~Copyable {
  /// One row of the section table.
  package struct Section: Hashable, Sendable {
    package let kind: PackageSectionKind
    package let name: String
    /// Kernel variant, or empty.
    package let variant: String
    /// Architecture of a plan or of kernels, or `nil`.
    package let architecture: String?
    package let rank: Int
    package let isCompressed: Bool
    package let offset: Int
    package let storedBytes: Int
    package let rawBytes: Int
    /// Of the stored bytes, in lower-case hexadecimal.
    package let sha256: String
  }

  /// In file order.
  package let sections: [Section]
  package let byteCount: Int
  private let handle: OpaquePointer

  /// Opens the package at `path` and checks its header and section table.
  ///
  /// - Throws: `QC4004`, `QC5001`, `QC5002` for a damaged table, or `QC5004`.
  package init(path: String) throws(Diagnostic) {
    var package: OpaquePointer?
    var error = qc_error()
    guard qc_package_open(path, &package, &error) == QC_OK, let package else {
      throw Diagnostic(error, file: path)
    }
    handle = package
    let rows = (0..<qc_package_section_count(package)).compactMap { index in
      qc_package_section(package, index).map { $0.pointee }
    }
    sections = rows.compactMap(Section.init)
    let table = MemoryLayout<qc_file_header>.size + rows.count * MemoryLayout<qc_section_entry>.size
    byteCount = sections.last.map { $0.offset + $0.storedBytes } ?? table
  }

  deinit { qc_package_close(handle) }

  /// The raw bytes of the section at `index` in ``sections``, decompressed, their hash checked.
  ///
  /// - Throws: `QC5002` naming the section when its bytes changed, `QC5001` when they contradict
  ///   the table.
  package func contents(of index: Int) throws(Diagnostic) -> Data {
    var error = qc_error()
    var data = Data(count: sections[index].rawBytes)
    let status = data.withUnsafeMutableBytes { buffer in
      qc_package_read(handle, UInt32(index), buffer.baseAddress, buffer.count, &error)
    }
    guard status == QC_OK else { throw Diagnostic(error) }
    return data
  }

  /// The contents of the first section of `kind` and, when given, of that name; `nil` if none.
  package func contents(
    of kind: PackageSectionKind, named name: String? = nil
  ) throws(Diagnostic) -> Data? {
    let found = sections.firstIndex { $0.kind == kind && (name == nil || $0.name == name) }
    guard let found else { return nil }
    return try contents(of: found)
  }

  /// Checks the hash of every section.
  ///
  /// - Throws: `QC5002` naming the first section whose bytes changed.
  package func verify() throws(Diagnostic) {
    for index in sections.indices {
      var error = qc_error()
      guard qc_package_verify(handle, UInt32(index), &error) == QC_OK else {
        throw Diagnostic(error)
      }
    }
  }
}

extension PackageFile.Section {
  fileprivate init?(_ row: qc_section) {
    guard let kind = PackageSectionKind(row.kind) else { return nil }
    self.kind = kind
    name = String(zeroTerminated: row.name)
    variant = String(zeroTerminated: row.variant)
    switch row.architecture {
    case QC_ARCHITECTURE_X86_64: architecture = "x86-64"
    case QC_ARCHITECTURE_AARCH64: architecture = "aarch64"
    case QC_ARCHITECTURE_RISCV64: architecture = "riscv64"
    default: architecture = nil
    }
    rank = Int(row.rank)
    isCompressed = row.codec == QC_CODEC_ZSTD
    offset = Int(row.offset)
    storedBytes = Int(row.stored_bytes)
    rawBytes = Int(row.raw_bytes)
    let digits = Array("0123456789abcdef")
    sha256 = withUnsafeBytes(of: row.sha256) { bytes in
      String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
  }
}
