import Foundation
import TestSupport
import Testing
import Toolchain

/// Objects that break the rules of kernels on purpose, so the toolchain's own flags do not do.
enum UncheckedObject {
  static func compile(_ source: String) throws -> [UInt8] {
    let folder = try TemporaryFolder()
    try source.write(toFile: folder.path("source.c"), atomically: false, encoding: .utf8)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try CToolchain.find().clang)
    process.arguments = [
      "-O2", "-ffreestanding", "-nostdlib", "-fPIC", "-shared", "-fuse-ld=lld",
      "-Wl,-Bsymbolic,-z,now",
      "-o", folder.path("object.so"), folder.path("source.c"),
    ]
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    return try [UInt8](Data(contentsOf: URL(fileURLWithPath: folder.path("object.so"))))
  }
}
