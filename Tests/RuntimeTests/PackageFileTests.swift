import Diagnostics
import Foundation
import ModelRunner
import Packaging
import Targets
import TestSupport
import Testing

@Suite("package files")
struct PackageFileTests {
  @Test func `the same program gives the same bytes`() throws {
    #expect(try TestProgram.package() == TestProgram.package())
  }

  @Test func `sections are listed in file order and read back`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("model.qpk")
    try AtomicFile.write(TestProgram.package(), to: path)
    let file = try PackageFile(path: path)
    let kinds = file.sections.map(\.kind)
    #expect(
      kinds == [.manifest, .plan, .kernels, .kernels, .kernels, .recipe, .extra, .weights])
    #expect(
      file.sections.map(\.variant).filter { !$0.isEmpty } == ["imaginary", "avx2", "portable"])
    #expect(file.sections[1].architecture == "x86-64")
    #expect(try file.contents(of: .manifest) == Data(#"{"schema_version":1}"#.utf8))
    #expect(try file.contents(of: .extra, named: "notes.json") == Data("[1]".utf8))
    #expect(try file.contents(of: .calibration) == nil)
    let object = try TestKernels.object()
    #expect(try file.contents(of: 2) == Data(object))
    #expect(file.sections[2].isCompressed && file.sections[2].rawBytes == object.count)
    #expect(file.sections.last?.offset.isMultiple(of: 64) == true)
    #expect(file.byteCount == (try TestProgram.package().count))
    try file.verify()
  }

  @Test func `a missing file and a folder are unreadable files`() throws {
    let folder = try TemporaryFolder()
    for path in [folder.path("nothing.qpk"), folder.url.path] {
      let failure = #expect(throws: Diagnostic.self) { _ = try LoadedModel(path: path).variant }
      #expect(failure?.code == .unreadableFile)
      #expect(failure?.file == path)
    }
  }

  @Test func `a name that cannot stand in the table is refused`() throws {
    for name in ["", "a/b", String(repeating: "x", count: 32), "ä"] {
      let writer = PackageWriter(
        program: try TestProgram.make(), architecture: .x86_64, variants: [], manifest: Data(),
        documents: [PackageWriter.Document(.extra(name: name), json: Data())])
      let failure = #expect(throws: Diagnostic.self) { _ = try writer.bytes() }
      #expect(failure?.code == .internalError)
    }
  }
}

@Suite("atomic files")
struct AtomicFileTests {
  @Test func `replaces a file and leaves nothing beside it`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("out.bin")
    try AtomicFile.write(Data([1, 2]), to: path)
    try AtomicFile.write(Data([3]), to: path)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data([3]))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["out.bin"])
  }

  @Test func `an unwritable output is named and leaves the folder as it was`() throws {
    let folder = try TemporaryFolder()
    let occupied = folder.path("occupied")
    try FileManager.default.createDirectory(atPath: occupied, withIntermediateDirectories: false)
    for path in [folder.path("absent/out.bin"), occupied] {
      let failure = #expect(throws: Diagnostic.self) { try AtomicFile.write(Data([1]), to: path) }
      #expect(failure?.code == .unwritableOutput)
      #expect(failure?.file == path)
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["occupied"])
    }
  }
}
