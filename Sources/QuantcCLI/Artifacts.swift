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

  /// - Throws: `QC0001` for a by-product of an unknown kind.
  static func check(_ byProducts: [String]) throws(Diagnostic) {
    for what in byProducts where what != "c" && !what.hasSuffix(".onnx") && !what.hasSuffix(".qir")
    {
      throw Diagnostic(
        .usage, "unknown by-product '\(what)'",
        hint: "--emit <name>.onnx, --emit <name>.qir, or --emit c")
    }
  }

  /// The files of a by-product: QDQ ONNX, the fused graph's text, or the generated C.
  ///
  /// - Throws: `QC1005` for a graph that ONNX cannot say.
  static func files(
    _ what: String, _ result: Builder.Result, package: String
  ) throws(Diagnostic) -> [(path: String, contents: Data)] {
    if what.hasSuffix(".onnx") {
      return [(what, try QDQWriter.data(result.graphs.quantized))]
    }
    if what.hasSuffix(".qir") {
      return [(what, Data(result.graphs.fused.description.utf8))]
    }
    let stem = (package as NSString).deletingPathExtension
    return result.objects.map { object in
      let text = KernelSource.text(result.kernels, object.target, notes: result.kernelNotes)
      return ("\(stem).\(object.target.name).c", Data(text.utf8))
    }
  }
}
