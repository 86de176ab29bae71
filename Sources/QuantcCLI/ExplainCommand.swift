import ArgumentParser
import Diagnostics
import Foundation
import ModelRunner
import Pipeline

/// `quantc explain`: where every quantize and dequantize of a package went.
package struct ExplainCommand: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "List every quantize/dequantize with the kernel that took it, or why none did.")

  @Argument(help: "The package.")
  var package: String

  @Flag(help: "Print one JSON document on standard output.")
  var json = false

  package init() {}

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
    if json {
      try JSONOutput.print(report)
    } else {
      print(report.text)
    }
  }
}
