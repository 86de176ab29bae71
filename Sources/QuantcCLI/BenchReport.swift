import Diagnostics
import Foundation
import ModelRunner
import Samples
import Tensors

/// What `quantc bench` measures.
struct BenchReport: Encodable {
  /// In milliseconds.
  struct Latency: Encodable {
    let min: Double
    let median: Double
    let p50: Double
    let p90: Double
    let p99: Double
    let mean: Double
  }

  struct Step: Encodable {
    let op: String
    let kernel: String
    /// The shortest of all runs, in microseconds.
    let microseconds: Double
  }

  var schemaVersion = 1
  let package: String
  let variant: String
  let threads: Int
  /// Runs before those that are measured.
  let warmUpRuns: Int
  let runs: Int
  let latencyMs: Latency
  let packageBytes: Int
  let weightBytes: Int
  let arenaBytes: Int
  let openMs: Double
  /// Of the whole process.
  let peakRssBytes: Int
  /// What opening the model, its context and the first runs added to it.
  let runtimeRssBytes: Int
  let steps: [Step]?

  /// Warms up for a tenth of the time, then runs in batches until the time is over.
  static func measure(
    path: String, variant: String?, threads: Int, seconds: Double, inputs: [String],
    withSteps: Bool
  ) throws(Diagnostic) -> BenchReport {
    let memory = ResidentMemory()
    let clock = ContinuousClock()
    let start = clock.now
    let model = try LoadedModel(path: path, variant: variant)
    let context = try model.makeContext(threads: threads)
    let openMs = start.duration(to: clock.now).milliseconds
    let tensors = try inputTensors(model.inputs, inputs)
    let trial = try context.benchmark(tensors, runs: 3)
    let runtimeBytes = memory.growth
    let nanoseconds = max(Double(trial.min() ?? 1), 1)
    let runs = max(10, min(1_000_000, Int(seconds * 1e9 / nanoseconds)))
    let warmUpRuns = max(3, runs / 10)
    _ = try context.benchmark(tensors, runs: warmUpRuns)
    let times = try context.benchmark(tensors, runs: runs).map { Double($0) / 1e6 }.sorted()
    var steps: [Step]?
    if withSteps {
      let shortest = try context.profile(tensors, runs: max(10, runs / 10))
      steps = zip(model.steps, shortest).map {
        Step(op: $0.opName, kernel: $0.kernel, microseconds: Double($1) / 1e3)
      }
    }
    func percentile(_ share: Double) -> Double {
      times[min(times.count - 1, Int(share * Double(times.count)))]
    }
    return BenchReport(
      package: path, variant: model.variant, threads: threads, warmUpRuns: warmUpRuns,
      runs: runs,
      latencyMs: Latency(
        min: times[0], median: percentile(0.5), p50: percentile(0.5), p90: percentile(0.9),
        p99: percentile(0.99), mean: times.reduce(0, +) / Double(times.count)),
      packageBytes: try PackageFile(path: path).byteCount, weightBytes: model.memory.weights,
      arenaBytes: model.memory.arena, openMs: openMs, peakRssBytes: memory.peak,
      runtimeRssBytes: runtimeBytes, steps: steps)
  }

  /// The first sample of the given arrays, or a fixed pattern of small numbers.
  private static func inputTensors(
    _ ports: [ModelRunner.Port], _ arguments: [String]
  ) throws(Diagnostic) -> [Tensor] {
    if !arguments.isEmpty {
      let samples = try BoundSamples(
        SampleSet(arguments: arguments),
        inputs: ports.map { ModelInput(name: $0.name, type: $0.type) })
      let run = try samples.run(0)
      return ports.compactMap { run[$0.name] }
    }
    var tensors: [Tensor] = []
    for port in ports { tensors.append(try pattern(port.type)) }
    return tensors
  }

  private static func pattern(_ type: TensorType) throws(Diagnostic) -> Tensor {
    let count = type.shape.elementCount
    if type.element == .f32 {
      return try Tensor(
        .f32, type.shape, (0..<count).map { Float(($0 &* 2_654_435_761) >> 8 & 255) / 255 })
    }
    if type.element.integerBounds != nil || type.element == .bool {
      return try Tensor.integers(
        type.element, type.shape, (0..<count).map { Int64(($0 &* 2_654_435_761) >> 8 & 1) })
    }
    return try Tensor(
      type.element, type.shape, bytes: Data(repeating: 0, count: type.byteCount))
  }

  var text: String {
    func number(_ value: Double) -> String { String(format: "%.4f", value) }
    var lines = [
      "\(package): variant \(variant), \(threads) thread\(threads == 1 ? "" : "s"), \(runs) runs",
      "latency ms: median \(number(latencyMs.median)), min \(number(latencyMs.min)), "
        + "p90 \(number(latencyMs.p90)), p99 \(number(latencyMs.p99))",
      "bytes: package \(packageBytes), weights \(weightBytes), arena \(arenaBytes), "
        + "peak RSS \(peakRssBytes), of it the runtime \(runtimeRssBytes); open \(number(openMs)) ms",
    ]
    for step in steps ?? [] {
      lines.append("  \(String(format: "%9.2f", step.microseconds)) us  \(step.op)  \(step.kernel)")
    }
    return lines.joined(separator: "\n")
  }
}

extension Duration {
  fileprivate var milliseconds: Double {
    Double(components.seconds) * 1e3 + Double(components.attoseconds) / 1e15
  }
}
