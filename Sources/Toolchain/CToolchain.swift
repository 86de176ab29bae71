import Diagnostics
import Foundation

/// The clang, lld and llvm-objdump of a Swift toolchain, which cross-compile without a sysroot.
package struct CToolchain: Hashable, Sendable {
  package let clang: String
  package let disassembler: String
  /// The folder that clang looks for `ld.lld` in.
  package let folder: String

  /// The variable that names a clang to use instead of the one beside `swift`.
  package static let overrideVariable = "QUANTC_CLANG"

  package init(clang: String, disassembler: String) {
    self.clang = clang
    self.disassembler = disassembler
    folder = (clang as NSString).deletingLastPathComponent
  }

  /// The toolchain named by ``overrideVariable``, else the one beside `swift` in `PATH`, else a
  /// clang in `PATH`; llvm-objdump and lld lie in the same folder.
  ///
  /// - Throws: `QC6002` when one of the three tools is not found.
  package static func find(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(Diagnostic) -> CToolchain {
    let clang: String
    if let named = environment[overrideVariable], !named.isEmpty {
      guard let path = executable(named, environment: environment) else {
        throw Diagnostic(
          .toolchainMissing, "\(overrideVariable) names no executable: \(named)",
          hint: "set it to the path of a clang 17 or newer, or unset it")
      }
      clang = path
    } else if let beside = beside("swift", environment: environment) {
      clang = beside
    } else if let path = executable("clang", environment: environment) {
      clang = path
    } else {
      throw Diagnostic(
        .toolchainMissing, "there is no clang beside swift and none in PATH",
        hint: "install a Swift toolchain, or set \(overrideVariable) to a clang")
    }
    let folder = (resolved(clang) as NSString).deletingLastPathComponent
    let disassembler = folder + "/llvm-objdump"
    for tool in [disassembler, folder + "/ld.lld"] where !isExecutable(tool) {
      throw Diagnostic(
        .toolchainMissing, "\(clang) has no \((tool as NSString).lastPathComponent) beside it",
        hint: "use the clang of a Swift toolchain, or install lld and llvm next to it")
    }
    return CToolchain(clang: folder + "/clang", disassembler: disassembler)
  }

  /// The clang in the folder that `tool` really lies in.
  private static func beside(_ tool: String, environment: [String: String]) -> String? {
    guard let path = executable(tool, environment: environment) else { return nil }
    let clang = (resolved(path) as NSString).deletingLastPathComponent + "/clang"
    return isExecutable(clang) ? clang : nil
  }

  /// `name` itself when it is a path, else the first executable of that name in `PATH`.
  private static func executable(_ name: String, environment: [String: String]) -> String? {
    if name.contains("/") { return isExecutable(name) ? name : nil }
    let folders = (environment["PATH"] ?? "").split(separator: ":")
    return folders.map { "\($0)/\(name)" }.first(where: isExecutable)
  }

  private static func resolved(_ path: String) -> String {
    URL(fileURLWithPath: path).resolvingSymlinksInPath().path
  }

  private static func isExecutable(_ path: String) -> Bool {
    FileManager.default.isExecutableFile(atPath: path)
  }
}
