import ArgumentParser
import Diagnostics
import Evaluation
import Foundation
import Pipeline
import Samples
import Tensors

/// `quantc eval`: float and package side by side over labelled samples.
package struct EvalCommand: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "eval",
    abstract: "Score a model and its package on samples, side by side.",
    discussion: """
      The metric comes from the data set. With --min-agreement or --min-metric the command ends \
      with status 1 when the package is worse.
      """)

  @Argument(help: "The ONNX model.")
  var model: String

  @Argument(help: "The package.")
  var package: String

  @OptionGroup var samples: SampleOptions
  @OptionGroup var shapes: ShapeOptions

  @Option(help: ArgumentHelp("The split of the data set to score.", valueName: "name"))
  var split = "dev"

  @Option(help: ArgumentHelp("Score at most this many samples.", valueName: "count"))
  var limit: Int?

  @Option(help: "Threads of the package.")
  var threads = 1

  @Option(help: ArgumentHelp("Use this kernel variant.", valueName: "name"))
  var variant: String?

  @Option(help: RunnerHelp.text)
  var runner = FloatEngine.auto

  @Option(
    name: .customLong("min-agreement"),
    help: ArgumentHelp("Least share of samples with the float answer, 0 to 1.", valueName: "share"))
  var minAgreement: Double?

  @Option(
    name: .customLong("min-metric"),
    help: ArgumentHelp("Least metric of the package.", valueName: "value"))
  var minMetric: Double?

  @Flag(help: "Print one JSON document on standard output.")
  var json = false

  package init() {}

  package func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit needs at least 1") }
  }

  package func run() throws {
    let shapes = try shapes.parsed()
    let source = try SourceModel(path: model)
    var quantized = try RunnableModel(path: package, variant: variant, threads: threads)
    let set = try samples.samples(split: split)
    let bound = try BoundSamples(set, inputs: quantized.inputs)
    let floatBound = try BoundSamples(
      set, inputs: source.inputs(shapes: shapes), batch: bound.batch)
    for note in bound.notes { StandardError.write("note: \(note)") }
    var evaluator = try Evaluator(set, bound: bound, outputs: quantized.outputNames)
    let count = min(limit ?? bound.count, bound.count)
    var float = RunnableModel(
      source, runner: runner,
      plan: try FloatModel.Plan(floatBound, 0..<min(count, floatBound.count), inOrder: true),
      shapes: shapes)
    let progress = ProgressLine("eval", total: count)
    var fed: (float: [String: Tensor], quantized: [String: Tensor]) = ([:], [:])
    for index in 0..<count {
      let floatOutputs = try float.run(
        try floatBound.run(index).merging(fed.float) { _, new in new })
      let outputs = try quantized.run(
        try bound.run(index).merging(fed.quantized) { _, new in new })
      for (input, output) in bound.feedback {
        fed.float[input] = floatOutputs[output]
        fed.quantized[input] = outputs[output]
      }
      try evaluator.add(run: index, float: floatOutputs, quantized: outputs)
      progress.update(index + 1)
    }
    progress.finish()
    let report = evaluator.report(model: model)
    print(json ? try report.json() : report.text())
    try check(report)
  }

  /// - Throws: `QC8001` when a limit of the command line does not hold.
  private func check(_ report: EvaluationReport) throws(Diagnostic) {
    if let minAgreement, let flips = report.flips, 1 - flips.share < minAgreement {
      throw Diagnostic(
        .checkFailed, "only \(1 - flips.share) of the answers are those of the float model",
        at: "--min-agreement \(minAgreement)")
    }
    if let minMetric, let metric = report.metric {
      guard let value = metric.quantized, value >= minMetric else {
        throw Diagnostic(
          .checkFailed, "\(metric.name) is \(metric.quantized.map { "\($0)" } ?? "not there")",
          at: "--min-metric \(minMetric)")
      }
    }
  }
}
