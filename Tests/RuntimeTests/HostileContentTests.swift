import Diagnostics
import Foundation
import ModelRunner
import QuantcRuntime
import TestSupport
import Testing

@testable import Packaging

@Suite("hostile section contents")
struct HostileContentTests {
  private static let hostileWords: [UInt32] = [0, 1, 3, 0x7fff_ffff, 0x8000_0000, .max]

  /// Changes every word of section `index` to every hostile value and opens the package.
  private func sweep(
    section index: Int, prefix: Int = .max, allowed: Set<DiagnosticCode>
  ) throws {
    let count = try HostilePackage.sections()[index].stored.bytes.count
    for word in 0..<min(count, prefix) / 4 {
      for value in HostileContentTests.hostileWords {
        let bytes = try HostilePackage.package(changing: index) { bytes in
          withUnsafeBytes(of: value) { bytes.replaceSubrange(word * 4..<word * 4 + 4, with: $0) }
        }
        guard let failure = HostilePackage.failure(bytes) else { continue }
        #expect(allowed.contains(failure.code), "word \(word) = \(value): \(failure)")
      }
    }
  }

  @Test func `no word of a plan can make opening crash`() throws {
    try sweep(
      section: 1, allowed: [.malformedPackage, .unsupportedPackageVersion, .runtimeFailure])
  }

  @Test func `no word of a kernel object's headers can make opening crash`() throws {
    try sweep(section: 2, prefix: 1024, allowed: [.malformedPackage, .runtimeFailure])
  }

  @Test func `no word of the index of the weights can make opening crash`() throws {
    try sweep(section: 3, prefix: 96, allowed: [.malformedPackage, .runtimeFailure])
  }

  @Test func `a frame that claims a huge size is refused before anything is allocated`() throws {
    let bytes = try HostilePackage.package(changing: 3) { bytes in
      withUnsafeBytes(of: UInt64(1) << 50) { bytes.replaceSubrange(16..<24, with: $0) }
    }
    #expect(HostilePackage.failure(bytes)?.code == .malformedPackage)
  }

  @Test func `an arena beyond the memory limit is refused`() throws {
    let offset = MemoryLayout<qc_plan_header>.offset(of: \.arena_bytes) ?? 0
    let bytes = try HostilePackage.package(changing: 1) { bytes in
      withUnsafeBytes(of: UInt64(1) << 40) { bytes.replaceSubrange(offset..<offset + 8, with: $0) }
    }
    let failure = HostilePackage.failure(bytes)
    #expect(failure?.code == .runtimeFailure)
    #expect(failure?.message.contains("beyond the limit") == true)
  }

  @Test func `frames that are skippable, doubled or cut are malformed`() throws {
    let content = [UInt8](repeating: 7, count: 4096)
    let frame = try Compressor().store(content).bytes
    let skippable: [UInt8] = [0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]
    for stored in [
      skippable + frame, frame + frame, Array(frame.dropLast()), [1, 2, 3], skippable,
    ] {
      var sections = try HostilePackage.sections()
      sections[0] = PackageSection(
        kind: QC_SECTION_RECIPE, name: "recipe", rawBytes: content.count,
        stored: Compressor.Stored(codec: QC_CODEC_ZSTD, bytes: stored))
      let folder = try TemporaryFolder()
      let path = folder.path("model.qpk")
      try AtomicFile.write(Data(PackageLayout.file(sections)), to: path)
      let file = try PackageFile(path: path)
      let failure = #expect(throws: Diagnostic.self) { _ = try file.contents(of: .recipe) }
      #expect(failure?.code == .malformedPackage)
    }
  }

  @Test(arguments: [
    ("has relocations", "extern int other(void); int qc_test_scale(void) { return other(); }"),
    ("has writable data", "static int n; int qc_test_scale(void) { return ++n; }"),
    (
      "has relocations",
      "static const int a; const int *const t[] = {&a}; int qc_test_scale(void) { return *t[0]; }"
    ),
    ("does not export the kernel", "int qc_other(void) { return 1; }"),
    ("does not export the kernel", "const int qc_test_scale = 1; int qc_other(void) { return 1; }"),
  ])
  func `an object that is more than kernels is refused`(reason: String, source: String) throws {
    let object = try UncheckedObject.compile(source)
    let bytes = try HostilePackage.package(changing: 2) { $0 = object }
    let failure = HostilePackage.failure(bytes)
    #expect(failure?.code == .malformedPackage)
    #expect(failure?.message.contains(reason) == true, "\(failure?.message ?? "opens")")
  }

  @Test func `an object for another machine is refused`() throws {
    let bytes = try HostilePackage.package(changing: 2) { $0[18] = 183 }
    let failure = HostilePackage.failure(bytes)
    #expect(failure?.message.contains("another architecture") == true)
  }
}
