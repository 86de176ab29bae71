import ArgumentParser
import Diagnostics
import Foundation
import ModelRunner
import Samples
import Tensors

/// `quantc bench`: latency, memory and size of a package on this machine.
package struct BenchCommand: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure a package's latency, memory and size.")

  @Argument(help: "The package.")
  var package: String

  @Option(help: "Threads, the calling one included.")
  var threads = 1

  @Option(help: ArgumentHelp("How long to measure.", valueName: "seconds"))
  var seconds = 1.0

  @Option(help: ArgumentHelp("Use this kernel variant.", valueName: "name"))
  var variant: String?

  @Option(
    name: .customLong("input"), parsing: .singleValue,
    help: ArgumentHelp("Measure on the first sample of this array.", valueName: "name=file"))
  var inputs: [String] = []

  @Flag(help: "Show the time of every step.")
  var steps = false

  @Flag(help: "Print one JSON document on standard output.")
  var json = false

  package init() {}

  package func validate() throws {
    guard threads >= 1 else { throw ValidationError("--threads needs at least 1") }
    guard seconds > 0, seconds <= 3600 else {
      throw ValidationError("--seconds needs more than 0 and at most 3600")
    }
  }

  package func run() throws {
    let report = try BenchReport.measure(
      path: package, variant: variant, threads: threads, seconds: seconds, inputs: inputs,
      withSteps: steps)
    if json {
      try JSONOutput.print(report)
    } else {
      print(report.text)
    }
  }
}
