import ArgumentParser
import Diagnostics
import Pipeline

/// Shapes of model inputs whose extents the model leaves open.
struct ShapeOptions: ParsableArguments {
  @Option(
    name: .customLong("shape"), parsing: .singleValue,
    help: ArgumentHelp(
      "The shape of an input with open extents, as in input_ids=1x128.", valueName: "name=dims"))
  var shapes: [String] = []

  func parsed() throws(Diagnostic) -> [String: [Int]] { try ShapeBinding.parse(shapes) }
}

/// What to see of the passes.
struct PassOptions: ParsableArguments {
  @Flag(name: .customLong("print-ir-after-all"), help: "Print the IR after every pass, to stderr.")
  var printsAfterAll = false

  @Option(
    name: .customLong("print-ir-after"), parsing: .singleValue,
    help: ArgumentHelp(
      "Print the IR after this pass, to stderr; 'schedule' prints the steps.", valueName: "pass"))
  var printAfter: [String] = []

  @Flag(name: .customLong("verify-each"), help: "Verify the graph after every pass.")
  var verifiesEach = false

  @Option(
    name: .customLong("stop-after"),
    help: ArgumentHelp("Stop after this pass and print the graph.", valueName: "pass"))
  var stopAfter: String?

  var managerOptions: PassManager.Options {
    var options = PassManager.Options()
    options.printsAfterAll = printsAfterAll
    options.printAfter = Set(printAfter)
    options.stopAfter = stopAfter
    if verifiesEach { options.verifiesEach = true }
    return options
  }
}
