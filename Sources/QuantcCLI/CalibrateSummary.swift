import Calibration
import Pipeline

/// What a table holds, in numbers.
struct CalibrateSummary: Encodable {
  /// Of how many tensors it is known what rounding them costs at the outputs.
  struct Sensitivity: Encodable {
    let tensors: Int
    /// Samples that at least one of them was measured with.
    let samples: Int
    /// Runs of the model in this command, and the time that they took all threads together; `nil` where
    /// none was run.
    let runs: Int?
    let threadSeconds: Double?
  }

  var schemaVersion = 1
  let table: String
  let modelSha256: String
  let dataSha256: String
  let samples: Int
  let skipped: Int
  let tensors: Int
  let sensitivity: Sensitivity
  /// What ran the samples; `nil` where none was run.
  let runner: RunnerSummary?
  /// Of the whole command; `nil` where none was run.
  let seconds: Double?

  init(
    path: String, _ table: CalibrationTable, _ report: FloatModel.Report? = nil,
    seconds: Double? = nil
  ) {
    self.table = path
    modelSha256 = table.modelHash
    dataSha256 = table.dataHash
    samples = table.usedSampleCount
    skipped = table.samples.count - table.usedSampleCount
    tensors = table.tensors.count
    let measured = table.tensorNames.compactMap { table.tensors[$0] }.filter { !$0.gains.isEmpty }
    sensitivity = Sensitivity(
      tensors: measured.count, samples: Set(measured.flatMap { $0.gains.map(\.sample) }).count,
      runs: report?.replacingRuns, threadSeconds: report.map { $0.replacingTime / .seconds(1) })
    runner = report.map { RunnerSummary($0) }
    self.seconds = seconds
  }

  var text: String {
    "\(table): \(tensors) tensors over \(samples) samples"
      + (skipped > 0 ? ", \(skipped) left out" : "") + sensitivity.text
      + (runner.map { ", \($0.text)" } ?? "")
      + (seconds.map { ", \(Self.rounded($0)) s" } ?? "")
  }

  fileprivate static func rounded(_ seconds: Double) -> String {
    "\((seconds * 10).rounded() / 10)"
  }
}

extension CalibrateSummary.Sensitivity {
  fileprivate var text: String {
    guard tensors > 0 else { return "" }
    let cost = threadSeconds.map { " in \(CalibrateSummary.rounded($0)) s of a processor" } ?? ""
    return ", sensitivity to \(tensors) of them with \(samples) sample\(samples == 1 ? "" : "s")"
      + (runs ?? 0 > 0 ? cost : "")
  }
}
