import ArgumentParser
import Calibration
import Diagnostics
import Foundation
import Pipeline
import Samples

/// `quantc calibrate`: activation ranges from real samples.
package struct CalibrateCommand: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "calibrate",
    abstract: "Record the activation ranges of a model over real samples.",
    subcommands: [CalibrateRunCommand.self, CalibrateMergeCommand.self],
    defaultSubcommand: CalibrateRunCommand.self)

  package init() {}
}

/// `quantc calibrate <model>`.
struct CalibrateRunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run the samples through the float model (the default).")

  @Argument(help: "The ONNX model.")
  var model: String

  @OptionGroup var samples: SampleOptions
  @OptionGroup var shapes: ShapeOptions

  @Option(name: [.short, .customLong("output")], help: "The table to write.")
  var output: String?

  @Option(
    help: ArgumentHelp("Use only these samples, as in 0..<100; for shards.", valueName: "range"))
  var range: String?

  @Option(help: ArgumentHelp("Use at most this many samples.", valueName: "count"))
  var limit: Int?

  @Flag(help: "Go on where an interrupted run over the same samples stopped.")
  var resume = false

  @Flag(name: .customLong("skip-non-finite"), help: "Leave samples with NaN or infinity out.")
  var skipsNonFinite = false

  @Option(
    name: .customLong("sensitivity-samples"),
    help: ArgumentHelp(
      "Measure what rounding each value costs at the outputs with this many samples, the first ones.",
      discussion: "Costly models take fewer. 0 leaves it out.", valueName: "count"))
  var sensitivitySamples = CalibrationRun.defaultSensitivitySamples

  @Option(help: RunnerHelp.text)
  var runner = FloatEngine.auto

  @Flag(help: "Print one JSON document on standard output.")
  var json = false

  func run() throws {
    guard sensitivitySamples >= 0 else {
      throw Diagnostic(.usage, "--sensitivity-samples needs 0 or more")
    }
    let start = ContinuousClock.now
    let source = try SourceModel(path: model)
    let bound = try BoundSamples(
      samples.samples(split: "calibration"), inputs: source.inputs(shapes: shapes.parsed()))
    for note in bound.notes { StandardError.write("note: \(note)") }
    let path = output ?? Artifacts.replacingExtension(of: model, with: "calib.json")
    var run = CalibrationRun(range: try chosenRange(count: bound.count))
    run.skipsNonFinite = skipsNonFinite
    let checkpoint = CalibrationCheckpoint(output: path)
    let former = resume ? try checkpoint.table() : nil
    run.sensitivitySamples = sensitivitySamples
    let plan = try FloatModel.Plan(bound, run.range, sensitivitySamples: sensitivitySamples)
    run.workers = plan.workers
    var model = FloatModel(source, form: .canonical, engine: runner, plan: plan)
    let progress = ProgressLine("calibrate", total: run.range.count)
    do {
      let table = try run.run(
        &model, bound, resuming: former,
        checkpoint: { (table) throws(Diagnostic) in try checkpoint.save(table) },
        progress: { progress.update($0) })
      progress.finish()
      try table.write(to: path)
      checkpoint.remove()
      try report(
        CalibrateSummary(path: path, table, model.report, seconds: (.now - start) / .seconds(1)))
    } catch {
      if former == nil { checkpoint.remove() }
      throw error
    }
  }

  private func report(_ summary: CalibrateSummary) throws(Diagnostic) {
    if json {
      try JSONOutput.print(summary)
    } else {
      StandardError.write(summary.text)
    }
  }

  private func chosenRange(count: Int) throws(Diagnostic) -> Range<Int> {
    var chosen = 0..<count
    if let range {
      let ends = range.components(separatedBy: "..<").compactMap { Int($0) }
      guard ends.count == 2, ends[0] >= 0, ends[0] < ends[1], ends[1] <= count else {
        throw Diagnostic(
          .usage, "'\(range)' is no range of the \(count) samples", hint: "--range 0..<\(count)")
      }
      chosen = ends[0]..<ends[1]
    }
    if let limit {
      guard limit > 0 else { throw Diagnostic(.usage, "--limit needs at least 1") }
      chosen = chosen.lowerBound..<min(chosen.upperBound, chosen.lowerBound + limit)
    }
    return chosen
  }
}

/// `quantc calibrate merge`.
struct CalibrateMergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge", abstract: "Join tables of disjoint parts of the samples, exactly.")

  @Argument(help: "The tables.")
  var tables: [String]

  @Option(name: [.short, .customLong("output")], help: "The table to write.")
  var output: String

  @Flag(help: "Print one JSON document on standard output.")
  var json = false

  func run() throws {
    guard let first = tables.first else {
      throw Diagnostic(.usage, "no table was given")
    }
    var merged = try CalibrationTable(path: first)
    for path in tables.dropFirst() {
      let next = try CalibrationTable(path: path)
      do throws(Diagnostic) {
        try merged.merge(next)
      } catch {
        throw error.inFile(path)
      }
    }
    try merged.write(to: output)
    let summary = CalibrateSummary(path: output, merged)
    if json {
      try JSONOutput.print(summary)
    } else {
      StandardError.write(summary.text)
    }
  }
}
