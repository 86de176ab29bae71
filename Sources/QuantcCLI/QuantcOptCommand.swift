import ArgumentParser
import Canonicalization
import Diagnostics
import Foundation
import Fusion
import GraphIR
import Pipeline

/// `quantc-opt`: runs passes on IR text, for developers.
package struct QuantcOptCommand: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "quantc-opt", abstract: "Run compiler passes on a graph in text form.",
    version: QuantcVersion.text, subcommands: [OptRunCommand.self, OptListCommand.self])

  package init() {}
}

/// `quantc-opt run --passes=a,b file.qir`.
struct OptRunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run passes and print the graph.")

  @Option(help: ArgumentHelp("The passes, separated by commas.", valueName: "names"))
  var passes: String

  @Argument(help: "The graph's text.")
  var file: String

  func run() throws {
    guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
      throw Diagnostic(.unreadableFile, "the file cannot be read", file: file)
    }
    var graph: Graph
    do throws(Diagnostic) {
      graph = try Graph(parsing: text)
    } catch {
      throw error.inFile(file)
    }
    for name in passes.split(separator: ",").map(String.init) {
      guard let pass = PassCatalog.passes.first(where: { $0.name == name }) else {
        throw Diagnostic(
          .usage, "there is no pass '\(name)'", hint: "quantc-opt list names them all")
      }
      try pass.run(&graph)
      try graph.verify()
    }
    print(graph.description, terminator: "")
  }
}

/// `quantc-opt list`.
struct OptListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Name the passes that need no table.")

  func run() {
    for pass in PassCatalog.passes { print(pass.name) }
  }
}

/// The passes that can be run on a graph alone.
package enum PassCatalog {
  package static let passes: [Pass] = canonicalizationPasses + fusionPasses
}
