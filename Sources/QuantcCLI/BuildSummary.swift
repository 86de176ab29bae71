import Foundation
import KernelIR
import Pipeline
import Targets

/// What a build made, in numbers.
struct BuildSummary: Encodable {
  var schemaVersion = 1
  let package: String
  let packageBytes: Int
  let targets: [String]
  let steps: Int
  let kernels: Int
  let arenaBytes: Int
  let weightBytes: Int
  let foldedPairs: Int
  let remainingPairs: Int
  let floatOps: Int
  /// Values stored in 16 bits.
  let wideValues: Int
  let seconds: Double

  init(
    path: String, result: Builder.Result, targets: [CPUTarget], start: ContinuousClock.Instant
  ) {
    package = path
    packageBytes = result.package.count
    self.targets = targets.map(\.name)
    steps = result.program.steps.count
    kernels = result.program.kernels.count
    arenaBytes = result.program.arenaBytes
    weightBytes = result.program.frames.reduce(0) { $0 + $1.bytes.count }
    foldedPairs = result.report.pairs.count { $0.isFolded }
    remainingPairs = result.report.pairs.count - foldedPairs
    floatOps = result.report.floatOps.count
    wideValues = result.report.wideValues?.count ?? 0
    let elapsed = start.duration(to: .now)
    seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
  }

  var text: String {
    """
    \(package): \(packageBytes) bytes for \(targets.joined(separator: ", "))
    \(steps) steps, \(kernels) kernels, arena \(arenaBytes) bytes, weights \(weightBytes) bytes
    quantize/dequantize: \(foldedPairs) folded into kernels, \(remainingPairs) left; \
    \(floatOps) ops in float\(wideValues > 0 ? ", \(wideValues) values of 16 bits" : "")
    built in \(String(format: "%.2f", seconds)) s
    """
  }
}
