import Diagnostics
import Foundation
import ModelRunner
import TestSupport
import Testing

@Suite("damaged packages")
struct DamageTests {
  private static let classFive: Set<DiagnosticCode> = [
    .malformedPackage, .damagedSection, .foreignArchitecture, .unsupportedPackageVersion,
  ]

  @Test func `truncation at every byte is an error`() throws {
    let bytes = try TestProgram.smallPackage()
    for count in 0..<bytes.count {
      let failure = HostilePackage.failure(bytes.prefix(count))
      #expect(failure?.code == .malformedPackage, "cut to \(count) bytes")
    }
  }

  @Test func `trailing bytes are an error`() throws {
    let failure = HostilePackage.failure(try TestProgram.package() + [0])
    #expect(failure?.code == .malformedPackage)
  }

  @Test func `every flipped bit is found`() throws {
    var bytes = try TestProgram.smallPackage()
    for bit in 0..<bytes.count * 8 {
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      let code = HostilePackage.failure(bytes)?.code
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      if let code, DamageTests.classFive.contains(code) { continue }
      Issue.record("bit \(bit): \(code?.rawValue ?? "opens")")
    }
  }

  @Test func `a damaged section is named`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("model.qpk")
    let bytes = try TestProgram.package()
    try bytes.write(to: URL(fileURLWithPath: path))
    let file = try PackageFile(path: path)
    for section in file.sections {
      var damaged = bytes
      damaged[section.offset + section.storedBytes - 1] ^= 0x10
      let name = section.variant.isEmpty ? section.name : "\(section.name)/\(section.variant)"
      let failure = HostilePackage.failure(damaged)
      #expect(failure?.code == .damagedSection)
      #expect(failure?.message.contains("section '\(name)'") == true)
      #expect(failure?.hint != nil)
    }
  }

  @Test func `a damaged table, index and plan are damage, not contradictions`() throws {
    let bytes = try TestProgram.package()
    let folder = try TemporaryFolder()
    let path = folder.path("model.qpk")
    try bytes.write(to: URL(fileURLWithPath: path))
    let weights = try #require(try PackageFile(path: path).sections.last)
    for offset in [70, 96 + 16, weights.offset, weights.offset + 8, weights.offset + 17] {
      var damaged = bytes
      damaged[offset] ^= 0x20
      #expect(HostilePackage.failure(damaged)?.code == .damagedSection, "byte \(offset)")
    }
  }
}
