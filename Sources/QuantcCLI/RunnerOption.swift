import ArgumentParser
import Pipeline

extension FloatEngine: ExpressibleByArgument {}

enum RunnerHelp {
  static let text = ArgumentHelp(
    "What runs the float model: auto, compiled or interpreter; all give the same bits.",
    discussion: "auto compiles it where that is predicted to be faster.", valueName: "name")
}

/// What ran a float model.
struct RunnerSummary: Encodable {
  /// Sets of input shapes that were compiled.
  let compiledShapes: Int
  /// Sets of input shapes that were interpreted.
  let interpretedShapes: Int
  let compiledKernels: Int

  init(_ report: FloatModel.Report) {
    compiledShapes = report.compiledShapes
    interpretedShapes = report.interpretedShapes
    compiledKernels = report.kernels
  }

  var text: String {
    var parts: [String] = []
    if compiledShapes > 0 {
      parts.append(
        "\(compiledKernels) kernels compiled for \(RunnerSummary.shapes(compiledShapes))")
    }
    if interpretedShapes > 0 {
      parts.append("\(RunnerSummary.shapes(interpretedShapes)) interpreted")
    }
    return parts.joined(separator: ", ")
  }

  private static func shapes(_ count: Int) -> String {
    "\(count) input shape\(count == 1 ? "" : "s")"
  }
}
