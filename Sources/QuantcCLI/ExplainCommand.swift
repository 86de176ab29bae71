import ArgumentParser
import Diagnostics
import Foundation
import ModelRunner
import Pipeline

/// `quantc explain`: where every quantize and dequantize of a package went.
package struct ExplainCommand: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "List every quantize/dequantize with the kernel that took it, or why none did.",
    discussion: """
      --cost shows instead what every step of a run is expected to take, by its multiply-adds, its
      bytes and what is known of the variant's machine, and which of them bounds it. --measure
      runs the package and shows the time of each step on this machine beside it.
      """)

  @Argument(help: "The package.")
  var package: String

  @Flag(help: "Show the predicted time of every step, and what bounds it.")
  var cost = false

  @Flag(help: "With --cost: also run the package and show the time of every step.")
  var measure = false

  @Option(help: ArgumentHelp("With --cost: for this kernel variant.", valueName: "name"))
  var variant: String?

  @Option(help: "With --cost: threads, the calling one included.")
  var threads = 1

  @Option(help: ArgumentHelp("With --measure: how long to measure.", valueName: "seconds"))
  var seconds = 1.0

  @Flag(help: "Print one JSON document on standard output.")
  var json = false

  package init() {}

  package func validate() throws {
    guard cost || !(measure || variant != nil || threads != 1 || seconds != 1) else {
      throw ValidationError("--measure, --variant, --threads and --seconds go with --cost")
    }
    guard (1...256).contains(threads) else {
      throw ValidationError("--threads needs 1 to 256")
    }
    guard seconds > 0, seconds <= 3600 else {
      throw ValidationError("--seconds needs more than 0 and at most 3600")
    }
  }

  package func run() throws {
    guard let data = try PackageFile(path: package).contents(of: .explain) else {
      throw Diagnostic(.malformedPackage, "the package has no report", file: package)
    }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    guard let report = try? decoder.decode(ExplainReport.self, from: data) else {
      throw Diagnostic(
        .malformedPackage, "its report cannot be read", at: "section explain", file: package)
    }
    if cost {
      let costs = try CostReport(
        report, path: package, variant: variant, threads: threads,
        measuredSeconds: measure ? seconds : nil)
      try show(costs, costs.text)
    } else {
      try show(report, report.text)
    }
  }

  private func show(_ report: some Encodable, _ text: @autoclosure () -> String) throws {
    if json {
      try JSONOutput.print(report)
    } else {
      print(text())
    }
  }
}
