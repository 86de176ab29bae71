import Diagnostics
import GraphIR

/// Runs passes in order, with what the command line asks to see in between.
package struct PassManager: Sendable {
  package struct Options: Sendable {
    /// Verify the graph after every pass.
    package var verifiesEach: Bool
    /// Print the graph after every pass.
    package var printsAfterAll = false
    /// Print the graph after the passes of these names.
    package var printAfter: Set<String> = []
    /// Run no pass after the one of this name.
    package var stopAfter: String?

    package init() {
      #if DEBUG
      verifiesEach = true
      #else
      verifiesEach = false
      #endif
    }
  }

  package let options: Options
  /// Takes the printed graphs.
  package let print: @Sendable (String) -> Void
  /// Whether ``Options/stopAfter`` has been reached.
  package private(set) var isStopped = false
  /// The names of the passes that ran.
  private var names: Set<String> = []

  package init(options: Options = Options(), print: @escaping @Sendable (String) -> Void = { _ in })
  {
    self.options = options
    self.print = print
  }

  /// - Throws: what a pass throws; with verification, `QC9001` naming the pass that broke the graph.
  package mutating func run(_ passes: [Pass], on graph: inout Graph) throws(Diagnostic) {
    for pass in passes where !isStopped {
      names.insert(pass.name)
      try pass.run(&graph)
      if options.verifiesEach {
        do throws(Diagnostic) {
          try graph.verify()
        } catch {
          throw Diagnostic(
            .internalError, "the pass '\(pass.name)' broke the graph: \(error.message)",
            at: error.location)
        }
      }
      if options.printsAfterAll || options.printAfter.contains(pass.name) {
        print("// after \(pass.name)\n")
        print(GraphPrinter(constantByteLimit: 64, showsRemarks: true).text(graph))
      }
      if options.stopAfter == pass.name { isStopped = true }
    }
  }

  /// Refuses names of passes to print or to stop after that no pass of the build has.
  ///
  /// - Throws: `QC0001`.
  package func checkNames() throws(Diagnostic) {
    guard !isStopped else { return }
    var asked = options.printAfter.subtracting(["schedule"])
    if let stop = options.stopAfter { asked.insert(stop) }
    guard let unknown = asked.subtracting(names).sorted().first else { return }
    throw Diagnostic(
      .usage, "there is no pass '\(unknown)' in this build",
      hint: "its passes are \(names.sorted().joined(separator: ", "))")
  }
}
