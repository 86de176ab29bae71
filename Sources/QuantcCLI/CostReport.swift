import Diagnostics
import Foundation
import KernelIR
import ModelRunner
import Pipeline
import Targets

/// What `quantc explain --cost` shows: the predicted time of every step and what bounds it, and
/// beside it, with `--measure`, its time on this machine. Times are in microseconds.
struct CostReport: Encodable {
  struct Step: Encodable {
    let op: String
    let kernel: String
    let work: StepWork
    /// Threads that take part.
    let threads: Int
    let compute: Double
    let memory: Double
    let overhead: Double
    let predicted: Double
    /// What most of the time is for: `compute`, `overhead` or a level of memory.
    let bound: String
    let measured: Double?
  }

  var schemaVersion = 1
  let package: String
  let variant: String
  /// The machine whose facts the prediction is made from.
  let machine: String
  let threads: Int
  let predicted: Double
  /// The shortest run of the whole model.
  let measured: Double?
  let steps: [Step]

  /// - Throws: `QC5001` when the package was built without the work of its steps, `QC6001` for an
  ///   unknown variant, and what measuring throws.
  init(
    _ report: ExplainReport, path: String, variant: String?, threads: Int, measuredSeconds: Double?
  ) throws(Diagnostic) {
    let bench: BenchReport?
    if let measuredSeconds {
      bench = try BenchReport.measure(
        path: path, variant: variant, threads: threads, seconds: measuredSeconds, inputs: [],
        withSteps: true)
    } else {
      bench = nil
    }
    var name = bench?.variant ?? variant ?? ""
    if name.isEmpty { name = try CostReport.bestVariant(path) }
    guard let target = CPUTarget.named(name) else {
      throw Diagnostic(
        .unknownTarget, "unknown variant '\(name)'",
        hint: "known: \(CPUTarget.all.map(\.name).joined(separator: ", "))")
    }
    let model = CostModel(target.machine, programWeightBytes: report.weightBytes ?? 0)
    var rows: [Step] = []
    for (index, step) in report.steps.enumerated() {
      guard let work = step.work else {
        throw Diagnostic(
          .malformedPackage, "its report has no costs", at: "section explain",
          hint: "build the package again with this version of quantc", file: path)
      }
      let parts = min(threads, step.threads ?? 1)
      let cost = model.cost(work, parts: parts)
      rows.append(
        Step(
          op: step.op, kernel: step.kernel, work: work, threads: parts,
          compute: cost.compute * 1e6, memory: cost.memory * 1e6, overhead: cost.overhead * 1e6,
          predicted: cost.total * 1e6, bound: cost.bound,
          measured: bench?.steps.flatMap { index < $0.count ? $0[index].microseconds : nil }))
    }
    package = path
    self.variant = name
    machine = target.machine.name
    self.threads = threads
    predicted = rows.reduce(0) { $0 + $1.predicted }
    measured = bench.map { $0.latencyMs.min * 1e3 }
    steps = rows
  }

  /// The variant that this machine would run, or the fastest one of a package for another.
  private static func bestVariant(_ path: String) throws(Diagnostic) -> String {
    let present = try PackageFile(path: path).sections.map(\.variant)
    let targets = CPUTarget.all.filter { present.contains($0.name) }
    let runnable = targets.last { HostCPU.supports(variant: $0.name) }
    return (runnable ?? targets.last)?.name ?? ""
  }

  var text: String {
    func number(_ value: Double) -> String { String(format: "%10.2f", value) }
    var lines = [
      "\(package): variant \(variant), \(threads) thread\(threads == 1 ? "" : "s"), "
        + "predicted for \(machine)",
      "        us" + (measured == nil ? "" : "   measured  ratio") + "    bound     step",
    ]
    for step in steps {
      lines.append(
        row(step.predicted, step.measured) + "    "
          + step.bound.padding(toLength: 8, withPad: " ", startingAt: 0)
          + "  \(step.op)  \(step.kernel)")
    }
    lines.append(row(predicted, measured) + "              all steps")
    return lines.joined(separator: "\n")

    func row(_ predicted: Double, _ measured: Double?) -> String {
      guard let measured else { return number(predicted) }
      let ratio = measured / max(predicted, 1e-6)
      return number(predicted) + " " + number(measured) + String(format: " %6.2f", ratio)
    }
  }
}
