import Calibration
import Diagnostics
import Evaluation
import Foundation
import GraphIR
import Interpreter
import ModelRunner
import Pipeline
import Samples
import Targets
import Tensors

/// A model calibrated on its samples and built with every variant of x86-64.
struct CompiledModel: Sendable {
  let source: SourceModel
  let dev: SampleSet
  let targets: [CPUTarget]
  let result: Builder.Result

  /// - Parameters:
  ///   - name: folder under `calibration/`.
  ///   - sampleLimit: of the calibration.
  ///   - targets: the variants to build.
  /// - Throws: what a stage throws.
  init(
    _ name: String, sampleLimit: Int = .max,
    targets: [CPUTarget] = CPUTarget.variants(of: .x86_64)
  ) throws {
    let folder = Models.repository.appendingPathComponent("calibration/\(name)")
    let dataset = folder.appendingPathComponent("dataset.json").path
    let environment = ["QUANTC_MODELS": Models.folder ?? ""]
    source = try SourceModel(path: Models.path(of: name))
    dev = try SampleSet(dataset: dataset, split: "dev", environment: environment)
    let calibration = try BoundSamples(
      SampleSet(dataset: dataset, split: "calibration", environment: environment),
      inputs: source.inputs(shapes: [:]))
    var interpreted = FloatModel(source, form: .canonical)
    let run = CalibrationRun(range: 0..<min(calibration.count, sampleLimit))
    var options = BuildOptions()
    options.table = try run.run(&interpreted, calibration)
    options.targets = targets
    self.targets = targets
    result = try Builder(source, options).build()
  }

  /// Float model and package over the first `limit` dev samples.
  func report(limit: Int = .max) throws -> EvaluationReport {
    var float = FloatModel(source, form: .imported)
    let context = try LoadedModel(bytes: result.package).makeContext()
    let outputs = context.outputs.map(\.name)
    let inputs = context.inputs.map { ModelInput(name: $0.name, type: $0.type) }
    let bound = try BoundSamples(dev, inputs: inputs)
    var evaluator = try Evaluator(dev, bound: bound, outputs: outputs)
    for index in 0..<min(limit, bound.count) {
      let sample = try bound.run(index)
      let answers = try context.run(inputs.compactMap { sample[$0.name] })
      try evaluator.add(
        run: index, float: try float.run(sample),
        quantized: Dictionary(zip(outputs, answers)) { first, _ in first })
    }
    return evaluator.report(model: source.path)
  }

  /// The first `count` dev samples, and what the interpreter makes of them by the fused graph.
  func expectations(count: Int) throws -> [(inputs: [Tensor], outputs: [Tensor])] {
    let graph = result.graphs.fused
    let inputs = graph.inputs.map { ModelInput(name: graph[$0].name, type: graph.type(of: $0)) }
    let bound = try BoundSamples(dev, inputs: inputs)
    let interpreter = Interpreter(graph)
    return try (0..<min(count, bound.count)).map { index in
      let sample = try bound.run(index)
      let tensors = inputs.compactMap { sample[$0.name] }
      return (tensors, try interpreter.run(tensors))
    }
  }
}

/// Where the models lie.
enum Models {
  static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private static var environment: [String: String] { ProcessInfo.processInfo.environment }

  /// `QUANTC_MODELS`, or `../shared/models` beside the repository; `nil` when there is none.
  static var folder: String? {
    let beside = repository.appendingPathComponent("../shared/models").standardizedFileURL.path
    let path = environment["QUANTC_MODELS"] ?? beside
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }

  /// A test that needs the models runs where they are, and fails where they are required.
  static var areThere: Bool { folder != nil || environment["QUANTC_REQUIRE_MODELS"] == "1" }

  static func path(of name: String) -> String {
    let carried = repository.appendingPathComponent("calibration/\(name)/model.onnx").path
    if FileManager.default.fileExists(atPath: carried) { return carried }
    return "\(folder ?? "")/\(name)/model.onnx"
  }
}
