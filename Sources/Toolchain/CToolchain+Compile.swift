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
    try output(
      of: ["--target=\(triple)"] + CToolchain.compilerFlags + CToolchain.linkerFlags + flags,
      from: [("kernels.c", Data(source.utf8))])
  }

  /// Compiles one C text to a relocatable object, for ``link(_:triple:)``.
  ///
  /// - Throws: as ``compile(_:triple:flags:)``.
  package func compileUnit(
    _ source: String, triple: String, flags: [String]
  ) throws(Diagnostic) -> [UInt8] {
    try output(
      of: ["--target=\(triple)"] + CToolchain.compilerFlags + flags + ["-c"],
      from: [("kernels.c", Data(source.utf8))])
  }

  /// Links relocatable objects to a freestanding shared object and returns its bytes.
  ///
  /// - Throws: as ``compile(_:triple:flags:)``.
  package func link(_ units: [[UInt8]], triple: String) throws(Diagnostic) -> [UInt8] {
    try output(
      of: ["--target=\(triple)"] + CToolchain.linkerFlags,
      from: units.enumerated().map { ("unit\($0).o", Data($1)) })
  }

  /// Runs clang over files in a folder of their own, and returns what it writes.
  private func output(
    of arguments: [String], from files: [(name: String, contents: Data)]
  ) throws(Diagnostic) -> [UInt8] {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("quantc-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let object = folder.appendingPathComponent("kernels.out")
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      for file in files { try file.contents.write(to: folder.appendingPathComponent(file.name)) }
    } catch {
      throw Diagnostic(.unwritableOutput, "no temporary folder: \(error)", at: folder.path)
    }
    _ = try ToolRun(
      clang,
      arguments + ["-ffile-prefix-map=\(folder.path)=.", "-o", object.path]
        + files.map { "\(folder.path)/\($0.name)" })
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

  /// No contraction, no library, nothing that names this machine.
  private static let compilerFlags = [
    "-std=c11", "-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math",
    "-ffreestanding", "-fno-builtin", "-nostdlibinc", "-fPIC",
    "-fvisibility=hidden", "-fno-asynchronous-unwind-tables", "-fno-unwind-tables",
    "-fno-stack-protector", "-fomit-frame-pointer", "-fno-ident", "-fno-strict-aliasing",
    "-Wall", "-Wextra", "-Werror", "-Wno-unused-function", "-Wno-unused-parameter",
    "-Wno-unused-but-set-parameter",
    "-Wno-unused-variable", "-Wno-unused-but-set-variable", "-Wno-unused-but-set-parameter",
  ]

  /// No relocation, no writable page.
  private static let linkerFlags = [
    "-nostdlib", "-fuse-ld=lld", "-shared", "-Wl,--build-id=none", "-Wl,-z,defs", "-Wl,-z,norelro",
    "-Wl,--hash-style=sysv", "-Wl,-s", "-Wl,-z,nognustack", "-Wl,-z,noseparate-code",
  ]
}
