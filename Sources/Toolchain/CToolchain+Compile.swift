import Diagnostics
import Foundation

extension CToolchain {
  /// Compiles one C text to a freestanding shared object and returns its bytes.
  ///
  /// `flags` are the variant's and are read last; the same input and flags give the same bytes.
  ///
  /// - Throws: `QC6003` when clang or lld refuses, `QC7001` when the temporary folder is unwritable.
  package func compile(
    _ source: String, triple: String, flags: [String]
  ) throws(Diagnostic) -> [UInt8] {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("quantc-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let object = folder.appendingPathComponent("kernels.so")
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try source.write(
        to: folder.appendingPathComponent("kernels.c"), atomically: false, encoding: .utf8)
    } catch {
      throw Diagnostic(.unwritableOutput, "no temporary folder: \(error)", at: folder.path)
    }
    _ = try ToolRun(
      clang,
      ["--target=\(triple)"] + CToolchain.freestandingFlags + flags + [
        "-ffile-prefix-map=\(folder.path)=.", "-o", object.path, folder.path + "/kernels.c",
      ])
    do {
      return try [UInt8](Data(contentsOf: object))
    } catch {
      throw Diagnostic(.toolchainFailed, "\(clang) left no object: \(error)")
    }
  }

  /// The disassembly of an object, one instruction per line.
  package func disassemble(_ object: [UInt8]) throws(Diagnostic) -> String {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("quantc-\(UUID().uuidString).so")
    defer { try? FileManager.default.removeItem(at: file) }
    do {
      try Data(object).write(to: file)
    } catch {
      throw Diagnostic(.unwritableOutput, "no temporary file: \(error)", at: file.path)
    }
    return try ToolRun(disassembler, ["-d", "--no-show-raw-insn", file.path]).output
  }

  /// No contraction, no library, no relocation, no writable page, nothing that names this machine.
  private static let freestandingFlags = [
    "-std=c11", "-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math",
    "-ffreestanding", "-fno-builtin", "-nostdlib", "-nostdlibinc", "-fPIC",
    "-fvisibility=hidden", "-fno-asynchronous-unwind-tables", "-fno-unwind-tables",
    "-fno-stack-protector", "-fomit-frame-pointer", "-fno-ident", "-fno-strict-aliasing",
    "-Wall", "-Wextra", "-Werror", "-Wno-unused-function", "-Wno-unused-parameter",
    "-Wno-unused-but-set-parameter",
    "-Wno-unused-variable", "-Wno-unused-but-set-variable", "-Wno-unused-but-set-parameter",
    "-fuse-ld=lld", "-shared", "-Wl,--build-id=none", "-Wl,-z,defs", "-Wl,-z,norelro",
    "-Wl,--hash-style=sysv", "-Wl,-s", "-Wl,-z,nognustack", "-Wl,-z,noseparate-code",
  ]
}
