import Diagnostics
import Foundation
import Testing

/// Replays the inputs that fuzzing found worth keeping; `Tests/Fuzz/package_fuzz.c` is the fuzzer.
@Suite("package corpus")
struct CorpusTests {
  @Test func `every input opens or meets a diagnostic of its class`() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Fuzz/Corpus/package")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(names.count > 20)
    for name in names {
      let bytes = try Data(contentsOf: folder.appendingPathComponent(name))
      let failure = HostilePackage.failure(bytes)
      if name.hasPrefix("sound-") {
        #expect(failure == nil, "\(name)")
      } else {
        #expect(failure?.code.exitStatus == .package, "\(name)")
        #expect(failure?.message.isEmpty == false, "\(name)")
      }
    }
  }
}
