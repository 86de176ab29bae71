import CodegenCPU
import Diagnostics
import Foundation
import GraphIR
import ONNXFrontend
import Packaging
import Pipeline
import Quantization
import Targets

/// The files that a build reads and writes beside model and package.
enum Artifacts {
  static func replacingExtension(of path: String, with ending: String) -> String {
    (path as NSString).deletingPathExtension + "." + ending
  }

  /// - Throws: `QC4004` for a file that cannot be read, `QC3008` for a malformed recipe.
  static func recipe(at path: String) throws(Diagnostic) -> Recipe {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw Diagnostic(.unreadableFile, "the recipe cannot be read", file: path)
    }
    do throws(Diagnostic) {
      return try Recipe(json: data)
    } catch {
      throw error.inFile(path)
    }
  }

  /// - Throws: `QC0001` for an unknown kind, and what writing throws.
  static func write(
    _ what: String, _ result: Builder.Result, package: String
  ) throws(Diagnostic) {
    if what.hasSuffix(".onnx") {
      try AtomicFile.write(QDQWriter.data(result.graphs.quantized), to: what)
    } else if what.hasSuffix(".qir") {
      try AtomicFile.write(Data(result.graphs.fused.description.utf8), to: what)
    } else if what == "c" {
      for object in result.objects {
        let text = KernelSource.text(result.kernels, object.target)
        let stem = (package as NSString).deletingPathExtension
        try AtomicFile.write(Data(text.utf8), to: "\(stem).\(object.target.name).c")
      }
    } else {
      throw Diagnostic(
        .usage, "unknown by-product '\(what)'",
        hint: "--emit <name>.onnx, --emit <name>.qir, or --emit c")
    }
  }
}
