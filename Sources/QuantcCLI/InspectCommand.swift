import ArgumentParser
import Diagnostics
import Foundation
import ModelRunner
import Tensors

/// `quantc inspect`: what is in a package.
package struct InspectCommand: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Show the ports, sections and memory of a package.")

  @Argument(help: "The package.")
  var package: String

  @Flag(help: "Print one JSON document on standard output.")
  var json = false

  @Option(help: ArgumentHelp("Show this kernel variant.", valueName: "name"))
  var variant: String?

  package init() {}

  package func run() throws {
    let report = try InspectReport(path: package, variant: variant)
    if json {
      try JSONOutput.print(report)
    } else {
      print(report.text)
    }
  }
}

/// The facts of a package, from its table and from opening it.
struct InspectReport: Encodable {
  struct PortRow: Encodable {
    let name: String
    let type: String
    let shape: [Int]
  }

  struct SectionRow: Encodable {
    let kind: String
    let name: String
    let variant: String
    let storedBytes: Int
    let rawBytes: Int
    let sha256: String
  }

  struct StepRow: Encodable {
    let op: String
    let kernel: String
    let tiles: Int
  }

  var schemaVersion = 1
  let packageBytes: Int
  let sections: [SectionRow]
  let variant: String
  let inputs: [PortRow]
  let outputs: [PortRow]
  let steps: [StepRow]
  let weightBytes: Int
  let arenaBytes: Int
  let scratchBytesPerThread: Int
  let peakBytesOneThread: Int

  init(path: String, variant: String?) throws(Diagnostic) {
    let file = try PackageFile(path: path)
    let model = try LoadedModel(path: path, variant: variant)
    packageBytes = file.byteCount
    sections = file.sections.map {
      SectionRow(
        kind: $0.kind.rawValue, name: $0.name, variant: $0.variant, storedBytes: $0.storedBytes,
        rawBytes: $0.rawBytes, sha256: $0.sha256)
    }
    self.variant = model.variant
    func row(_ port: ModelRunner.Port) -> PortRow {
      PortRow(
        name: port.name, type: port.type.element.rawValue, shape: port.type.shape.dims)
    }
    inputs = model.inputs.map(row)
    outputs = model.outputs.map(row)
    steps = model.steps.map { StepRow(op: $0.opName, kernel: $0.kernel, tiles: $0.tileCount) }
    weightBytes = model.memory.weights
    arenaBytes = model.memory.arena
    scratchBytesPerThread = model.memory.scratchPerThread
    peakBytesOneThread = model.memory.peak(threads: 1)
  }

  var text: String {
    var lines = ["\(packageBytes) bytes, variant in use: \(variant)"]
    for (title, ports) in [("inputs", inputs), ("outputs", outputs)] {
      lines.append(title)
      lines += ports.map { port in
        "  \(port.name): \(port.type) [\(port.shape.map(String.init).joined(separator: ", "))]"
      }
    }
    lines.append("sections (stored bytes / raw bytes)")
    lines += sections.map {
      "  \($0.kind) \($0.name) \($0.variant) \($0.storedBytes) / \($0.rawBytes)"
    }
    lines.append("steps")
    lines += steps.map { "  \($0.op): \($0.kernel), \($0.tiles) tiles" }
    lines.append(
      "memory: weights \(weightBytes), arena \(arenaBytes), scratch per thread "
        + "\(scratchBytesPerThread), peak with one thread \(peakBytesOneThread)")
    return lines.joined(separator: "\n")
  }
}
