import Calibration
import Diagnostics
import Foundation
import Pipeline
import Samples
import Tensors
import Testing

/// The compiled float program and the interpreter show the same values, bit for bit.
@Suite("float engines", .serialized)
struct FloatEngineTests {
  private static let shared = [
    "autoencoder-ad", "dscnn-kws", "minilm-l6-v2", "mnist-cnn", "mobilenet-v2-1.0", "nanodet-m",
    "resnet8-cifar10", "squeezenet-1.1", "stories260k", "ultraface-rfb320",
  ]

  @Test func `give the same table for the carried model`() throws {
    try check("digits", samples: 20, measured: 2)
  }

  @Test(.enabled(if: Models.areThere, "the models are not there"), arguments: shared)
  func `give the same table`(_ name: String) throws {
    try check(name, samples: 2, measured: 0)
  }

  private func check(_ name: String, samples count: Int, measured: Int) throws {
    let source = try SourceModel(path: Models.path(of: name))
    let dataset = Models.repository.appendingPathComponent("calibration/\(name)/dataset.json").path
    let samples = try BoundSamples(
      SampleSet(
        dataset: dataset, split: "calibration", environment: ["QUANTC_MODELS": Models.folder ?? ""]),
      inputs: source.inputs(shapes: [:]))
    let range = 0..<min(count, samples.count)
    let plan = try FloatModel.Plan(samples, range)
    var run = CalibrationRun(range: range)
    run.sensitivitySamples = measured
    run.workers = plan.workers
    var tables: [CalibrationTable] = []
    for engine in [FloatEngine.interpreter, .compiled] {
      var model = FloatModel(source, form: .canonical, engine: engine, plan: plan)
      tables.append(try run.run(&model, samples))
      #expect((model.report.compiledShapes > 0) == (engine == .compiled))
    }
    #expect(tables[0] == tables[1], "\(name)")

    var shown: [[String: Tensor]] = []
    var outputs: [[String: Tensor]] = []
    for engine in [FloatEngine.interpreter, .compiled] {
      var model = FloatModel(source, form: .canonical, engine: engine, plan: plan)
      var values: [String: Tensor] = [:]
      outputs.append(
        try model.run(try samples.run(0)) { activation in
          #expect(values[activation.name] == nil, "\(activation.name) is shown twice")
          values[activation.name] = activation.tensor
        })
      shown.append(values)
    }
    #expect(outputs[0] == outputs[1])
    #expect(shown[0].keys == shown[1].keys)
    let wrong = shown[0].keys.sorted().filter { shown[0][$0] != shown[1][$0] }
    #expect(wrong.isEmpty, "\(name)")
    try checkReplacing(name, source, try samples.run(0))
  }

  /// Every value of which the rounding is measured, replaced alike, gives the same outputs.
  private func checkReplacing(
    _ name: String, _ source: SourceModel, _ inputs: [String: Tensor]
  ) throws {
    var models = [FloatEngine.interpreter, .compiled].map { engine in
      FloatModel(source, form: .canonical, engine: engine)
    }
    let plan = try models[0].sensitivity(of: inputs.mapValues(\.shape))
    #expect(plan.sampleCount(requested: 1) == 1, "\(name)")
    var wrong: [String] = []
    for value in plan.values {
      var outputs: [[String: Tensor]] = []
      var replacedCount = 0
      for index in models.indices {
        outputs.append(
          try models[index].run(inputs, replacing: value) { tensor in
            replacedCount += 1
            return try? Tensor.floats(
              tensor.floats.map { ($0 * 8).rounded() / 8 }, tensor.shape.dims)
          })
      }
      if outputs[0] != outputs[1] || replacedCount != 2 { wrong.append(value) }
    }
    #expect(wrong.isEmpty, "\(name)")
  }
}
