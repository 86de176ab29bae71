import Diagnostics
import Evaluation
import Foundation
import GraphIR
import ModelRunner
import Pipeline
import Targets
import Tensors
import Testing

@Suite("models end to end", .serialized)
struct AccuracyTests {
  private static let reason: Comment = "QUANTC_MODELS is not set and ../shared/models not there"

  @Test func `the carried model keeps its limits`() throws {
    try check(.carried)
  }

  @Test(.enabled(if: Models.areThere, reason), arguments: ModelLimits.shared)
  func `keeps its limits`(_ limits: ModelLimits) throws {
    try check(limits)
  }

  /// Larger models, on few samples: every variant gives the interpreter's bits, and the answers
  /// stay near those of the float model.
  @Test(
    .enabled(if: Models.areThere, reason),
    arguments: [("squeezenet-1.1", 0.02), ("ultraface-rfb320", 0.04), ("nanodet-m", 0.05)])
  func `builds and stays close to float`(_ name: String, _ greatestError: Double) throws {
    let model = try CompiledModel(name, sampleLimit: 8)
    try checkBits(model, samples: 1)
    let report = try model.report(limit: 2)
    for output in report.outputs {
      let error = output.distance.relativeSquaredError
      #expect(error <= greatestError, "\(name), output \(output.name)")
    }
  }

  private func check(_ limits: ModelLimits) throws {
    let model = try CompiledModel(limits.name)
    try checkCounts(model, limits)
    try checkBits(model, samples: 4)
    try checkAccuracy(try model.report(), limits)
  }

  private func checkCounts(_ model: CompiledModel, _ limits: ModelLimits) throws {
    let report = model.result.report
    #expect(report.steps.count <= limits.steps)
    #expect(Set(report.steps.map(\.kernel)).count <= limits.kernels)
    #expect(report.floatOps.count <= limits.floatOps)
    #expect(report.pairs.count { !$0.isFolded } <= limits.unfoldedPairs)
    #expect(try LoadedModel(bytes: model.result.package).memory.arena <= limits.arenaBytes)
    #expect(model.result.package.count <= limits.packageBytes)
  }

  /// Every variant that this machine runs, on 1, 2 and 3 threads, against the interpreter.
  private func checkBits(_ model: CompiledModel, samples: Int) throws {
    let expectations = try model.expectations(count: samples)
    for variant in model.targets.map(\.name) where HostCPU.supports(variant: variant) {
      let loaded = try LoadedModel(bytes: model.result.package, variant: variant)
      for threads in 1...3 {
        let context = try loaded.makeContext(threads: threads)
        for (index, expected) in expectations.enumerated() {
          let outputs = try context.run(expected.inputs)
          #expect(
            outputs == expected.outputs, "\(variant), \(threads) threads, sample \(index)")
        }
      }
    }
  }

  private func checkAccuracy(_ report: EvaluationReport, _ limits: ModelLimits) throws {
    let metric = try #require(report.metric)
    if let least = limits.leastMetric {
      #expect(try #require(metric.quantized) >= least - 1e-9)
    }
    if let float = limits.floatMetric {
      #expect(abs(try #require(metric.float) - float) < 1e-9, "the float model's own answers")
    }
    if let least = limits.leastAgreement {
      #expect(1 - (try #require(report.flips).share) >= least)
    }
    if let greatest = limits.greatestError {
      #expect(try #require(metric.quantized) <= greatest)
      #expect(try #require(report.expected.first?.quantized) <= greatest)
    }
  }
}
