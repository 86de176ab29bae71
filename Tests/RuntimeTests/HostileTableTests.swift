import Diagnostics
import Foundation
import ModelRunner
import QuantcRuntime
import Testing

@testable import Packaging

@Suite("hostile section tables")
struct HostileTableTests {
  @Test func `the package that the others are made from opens`() throws {
    #expect(HostilePackage.failure(try HostilePackage.file { _, _ in }) == nil)
  }

  /// One contradiction in the section table.
  struct Fault: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let change: @Sendable (inout [qc_section_entry]) -> Void

    init(_ name: String, _ change: @escaping @Sendable (inout [qc_section_entry]) -> Void) {
      testDescription = name
      self.change = change
    }

    static let all = [
      Fault("overlap") { $0[2].offset -= 8 },
      Fault("hole") { $0[2].offset += 8 },
      Fault("past the end") { $0[3].stored_bytes += 1 },
      Fault("far past the end") { $0[3].stored_bytes = .max },
      Fault("offset near the top") { $0[3].offset = .max - 63 },
      Fault("raw size unlike stored size") { $0[0].raw_bytes += 1 },
      Fault("plan of a terabyte") {
        $0[1].codec = 1
        $0[1].raw_bytes = 1 << 40
      },
      Fault("zstd ratio beyond the possible") {
        $0[0].codec = 1
        $0[0].raw_bytes = 1 << 29
      },
      Fault("compressed weights") { $0[3].codec = 1 },
      Fault("unknown codec") { $0[0].codec = 2 },
      Fault("unknown kind") { $0[0].kind = 99 },
      Fault("kind 0") { $0[0].kind = 0 },
      Fault("unknown architecture") { $0[1].architecture = 9 },
      Fault("plan for every architecture") { $0[1].architecture = 0 },
      Fault("manifest for one architecture") { $0[0].architecture = 1 },
      Fault("kernels without variant") { $0[2].variant.0 = 0 },
      Fault("manifest with variant") { $0[0].variant.0 = 65 },
      Fault("manifest with rank") { $0[0].rank = 1 },
      Fault("no alignment") { $0[0].alignment = 0 },
      Fault("odd alignment") { $0[0].alignment = 3 },
      Fault("huge alignment") { $0[0].alignment = 1 << 31 },
      Fault("no name") { $0[0].name.0 = 0 },
      Fault("path as name") { $0[0].name.1 = 47 },
      Fault("bytes behind the name") { $0[0].name.30 = 65 },
      Fault("name without end") { entries in
        withUnsafeMutableBytes(of: &entries[0].name) { name in
          _ = name.initializeMemory(as: UInt8.self, repeating: 65)
        }
      },
      Fault("reserved field") { $0[0].reserved = 1 },
      Fault("two manifests") {
        $0[2].kind = 1
        $0[2].architecture = 0
        $0[2].variant.0 = 0
      },
    ]
  }

  @Test(arguments: Fault.all)
  func `a table that contradicts itself is malformed`(fault: Fault) throws {
    let failure = HostilePackage.failure(try HostilePackage.file { fault.change(&$1) })
    #expect(failure?.code == .malformedPackage)
  }

  @Test func `a header that contradicts the file is malformed`() throws {
    let changes: [(inout qc_file_header) -> Void] = [
      { $0.magic.0 = 0 }, { $0.file_bytes += 1 }, { $0.table_offset = 97 },
      { $0.entry_bytes = 64 }, { $0.section_count = .max },
    ]
    for (index, change) in changes.enumerated() {
      let bytes = try HostilePackage.file { header, _ in change(&header) }
      #expect(HostilePackage.failure(bytes)?.code == .malformedPackage, "change \(index)")
    }
  }

  @Test func `a newer version or an unknown required feature is unsupported`() throws {
    let version = HostilePackage.failure(
      try HostilePackage.file {
        $0.version = 2; _ = $1
      })
    #expect(version?.code == .unsupportedPackageVersion)
    let feature = HostilePackage.failure(
      try HostilePackage.file {
        $0.required_features = 4; _ = $1
      })
    #expect(feature?.code == .unsupportedPackageVersion)
    #expect(feature?.message.contains("0x4") == true)
    let optional = HostilePackage.failure(
      try HostilePackage.file {
        $0.optional_features = 4; _ = $1
      })
    #expect(optional == nil)
  }

  @Test func `a package for another architecture says for which`() throws {
    let bytes = try HostilePackage.file { _, entries in
      for index in entries.indices where entries[index].architecture != 0 {
        entries[index].architecture = UInt16(QC_ARCHITECTURE_AARCH64.rawValue)
      }
    }
    let failure = HostilePackage.failure(bytes)
    #expect(failure?.code == .foreignArchitecture)
    #expect(failure?.message.contains("was built for aarch64, and this machine is x86-64") == true)
  }

  @Test func `bytes between sections must be zero`() throws {
    var bytes = try HostilePackage.file { _, _ in }
    let entry = MemoryLayout<qc_file_header>.size + 3 * MemoryLayout<qc_section_entry>.size
    let weights = bytes.withUnsafeBytes {
      $0.loadUnaligned(fromByteOffset: entry, as: qc_section_entry.self).offset
    }
    bytes[Int(weights) - 1] = 1
    #expect(HostilePackage.failure(bytes)?.code == .malformedPackage)
  }

  @Test func `a package without plan, weights or sections is malformed`() throws {
    for kept in [[0, 2, 3], [0, 1, 2], []] {
      let sections = try HostilePackage.sections()
      let bytes = PackageLayout.file(kept.map { sections[$0] })
      #expect(HostilePackage.failure(bytes)?.code == .malformedPackage, "kept \(kept)")
    }
  }
}
