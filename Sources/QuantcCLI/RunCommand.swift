import ArgumentParser
import Diagnostics
import Foundation
import Packaging
import Pipeline
import Samples
import Tensors

/// `quantc run`: arrays in, arrays out, through a package or through the interpreter.
package struct RunCommand: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run samples through a package, or an ONNX model through the interpreter.")

  @Argument(help: "A package (.qpk) or a model (.onnx).")
  var model: String

  @OptionGroup var samples: SampleOptions
  @OptionGroup var shapes: ShapeOptions

  @Option(help: ArgumentHelp("The split of the data set to run.", valueName: "name"))
  var split = "dev"

  @Option(
    name: .customLong("output"), parsing: .singleValue,
    help: ArgumentHelp("Write an output, samples along axis 0.", valueName: "name=file.npy"))
  var outputs: [String] = []

  @Flag(help: "Take each array as one whole input, without a sample axis.")
  var single = false

  @Option(help: "Threads, the calling one included.")
  var threads = 1

  @Option(help: ArgumentHelp("Use this kernel variant.", valueName: "name"))
  var variant: String?

  @Flag(help: "Print one JSON document on standard output.")
  var json = false

  package init() {}

  package func run() throws {
    let destinations = try outputPaths()
    var runnable = try RunnableModel(
      path: model, variant: variant, threads: threads, shapes: shapes.parsed())
    for name in destinations.map(\.name) where !runnable.outputNames.contains(name) {
      throw Diagnostic(
        .usage, "the model has no output '\(name)'",
        hint: "its outputs are \(runnable.outputNames.joined(separator: ", "))")
    }
    let bound = try BoundSamples(
      samples.samples(split: split), inputs: runnable.inputs, single: single)
    for note in bound.notes { StandardError.write("note: \(note)") }
    var stacks: [String: OutputStack] = [:]
    var fed: [String: Tensor] = [:]
    for index in 0..<bound.count {
      let inputs = try bound.run(index).merging(fed) { _, new in new }
      let results = try runnable.run(inputs)
      for (input, output) in bound.feedback { fed[input] = results[output] }
      for name in runnable.outputNames {
        if let tensor = results[name] {
          try stacks[name, default: OutputStack(for: bound)].append(tensor)
        }
      }
    }
    var arrays: [String: Tensor] = [:]
    for (name, stack) in stacks {
      let stacked = try stack.stacked()
      arrays[name] = single ? try stacked.map(Self.withoutSampleAxis) : stacked
    }
    var files: [(path: String, contents: Data)] = []
    for (name, path) in destinations {
      if let array = arrays[name] { files.append((path, try NPY.encode(array))) }
    }
    try AtomicFile.write(files)
    let summary = RunSummary(
      model: model, samples: bound.count * bound.batch, outputs: arrays, written: destinations)
    if json {
      try JSONOutput.print(summary)
    } else {
      StandardError.write(summary.text)
    }
  }

  private static func withoutSampleAxis(_ array: Tensor) throws(Diagnostic) -> Tensor {
    try array.reshaped(Shape(Array(array.shape.dims.dropFirst())))
  }

  private func outputPaths() throws(Diagnostic) -> [(name: String, path: String)] {
    var result: [(name: String, path: String)] = []
    for argument in outputs {
      let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else {
        throw Diagnostic(
          .usage, "'\(argument)' does not say which output goes where",
          hint: "--output <name>=<file.npy>")
      }
      result.append((parts[0], parts[1]))
    }
    return result
  }
}

/// What a run made.
struct RunSummary: Encodable {
  struct Output: Encodable {
    let name: String
    let element: String
    let shape: [Int]
    let file: String?
  }

  var schemaVersion = 1
  let model: String
  let samples: Int
  let outputs: [Output]

  init(
    model: String, samples: Int, outputs: [String: Tensor],
    written: [(name: String, path: String)]
  ) {
    self.model = model
    self.samples = samples
    self.outputs = outputs.keys.sorted().compactMap { name in
      outputs[name].map { tensor in
        Output(
          name: name, element: tensor.element.rawValue, shape: tensor.shape.dims,
          file: written.first { $0.name == name }?.path)
      }
    }
  }

  var text: String {
    let lines = outputs.map { output in
      "  \(output.name): \(output.element) \(output.shape)"
        + (output.file.map { " to \($0)" } ?? "")
    }
    return (["\(model): \(samples) samples"] + lines).joined(separator: "\n")
  }
}
