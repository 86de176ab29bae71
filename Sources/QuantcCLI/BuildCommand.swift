import ArgumentParser
import Calibration
import Diagnostics
import Foundation
import GraphIR
import Packaging
import Pipeline
import Quantization
import Targets

/// `quantc build`: model and calibration table in, deployable package out.
package struct BuildCommand: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "build",
    abstract: "Quantize, fuse, compile and compress a model.",
    discussion: """
      --target takes 'host' (the best variant of this machine), an architecture (x86-64: all its \
      variants), or variants by name, separated by commas (portable, avx2, avxvnni, vnni256, \
      avx512vnni).

      --emit writes a by-product: a path that ends in .onnx gets the quantized graph as QDQ ONNX, \
      one that ends in .qir the fused graph as text, and the word 'c' the generated C beside the \
      package.
      """)

  @Argument(help: "The ONNX model.")
  var model: String

  @Option(help: ArgumentHelp("The table of quantc calibrate.", valueName: "file"))
  var calibration: String?

  @Option(name: [.short, .customLong("output")], help: "The package to write.")
  var output: String?

  @Option(help: "The default scheme: int8 or float32.")
  var precision: String?

  @Option(help: ArgumentHelp("A recipe file; flags here override it.", valueName: "file"))
  var recipe: String?

  @Option(
    name: .customLong("keep-float"), parsing: .singleValue,
    help: ArgumentHelp("Keep nodes or values of this name in float; * and ?.", valueName: "pattern")
  )
  var keepFloat: [String] = []

  @Option(help: "Bits of stored activations: int8, int16, or mixed, as calibration measured.")
  var activations: String?

  @Option(name: .customLong("io"), help: "Element type of inputs and outputs: float, int8, uint8.")
  var interface: String?

  @Option(help: "Variants to compile for.")
  var target = "host"

  @Option(
    parsing: .singleValue, help: ArgumentHelp("Also write a by-product.", valueName: "what"))
  var emit: [String] = []

  @OptionGroup var shapes: ShapeOptions
  @OptionGroup var passes: PassOptions

  @Flag(help: "Print one JSON document on standard output.")
  var json = false

  package init() {}

  package func run() throws {
    try Artifacts.check(emit)
    let options = try buildOptions()
    let builder = Builder(try SourceModel(path: model), options)
    if passes.stopAfter != nil {
      let graphs = try builder.graphs()
      print(GraphPrinter(constantByteLimit: 64, showsRemarks: true).text(graphs.fused))
      return
    }
    let path = output ?? Artifacts.replacingExtension(of: model, with: "qpk")
    let start = ContinuousClock.now
    let result = try builder.build()
    var files: [(path: String, contents: Data)] = []
    for what in emit { files += try Artifacts.files(what, result, package: path) }
    files.append((path, result.package))
    try AtomicFile.write(files)
    let summary = BuildSummary(
      path: path, result: result, targets: options.targets, start: start)
    if json {
      try JSONOutput.print(summary)
    } else {
      StandardError.write(summary.text)
    }
  }

  private func buildOptions() throws -> BuildOptions {
    var options = BuildOptions()
    options.recipe = try recipe.map { try Artifacts.recipe(at: $0) } ?? Recipe()
    if let precision {
      guard let known = Recipe.Precision(rawValue: precision) else {
        let isPlanned = ["int4", "fp8"].contains(precision)
        throw Diagnostic(
          isPlanned ? .unsupportedElementType : .usage,
          isPlanned
            ? "the precision \(precision) has no kernels yet" : "unknown precision '\(precision)'",
          at: "--precision",
          hint: "known: \(Recipe.Precision.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      options.recipe.precision = known
    }
    if let interface {
      guard let known = Recipe.Interface(rawValue: interface) else {
        throw Diagnostic(.usage, "--io takes float, int8 or uint8, not '\(interface)'")
      }
      options.recipe.interface = known
    }
    if let activations {
      guard let known = Recipe.Activations(rawValue: activations) else {
        throw Diagnostic(.usage, "--activations takes int8, int16 or mixed, not '\(activations)'")
      }
      options.recipe.activations = known
    }
    options.recipe.keepFloat += keepFloat
    options.table = try calibration.map { try CalibrationTable(path: $0) }
    options.targets = try TargetSelection.targets(target)
    options.shapes = try shapes.parsed()
    options.passes = passes.managerOptions
    options.print = { StandardError.write($0) }
    return options
  }
}
