import Diagnostics
import ModelRunner
import Targets

/// The variants that `--target` names.
enum TargetSelection {
  /// - Throws: `QC6001` for a name that is neither a variant nor an architecture.
  static func targets(_ text: String) throws(Diagnostic) -> [CPUTarget] {
    if text == "host" {
      guard let best = CPUTarget.all.last(where: { HostCPU.supports(variant: $0.name) }) else {
        throw Diagnostic(.unknownTarget, "this machine runs none of the variants")
      }
      return [best]
    }
    if let architecture = CPUArchitecture(commandLineName: text) {
      return CPUTarget.variants(of: architecture)
    }
    var targets: [CPUTarget] = []
    for name in text.split(separator: ",").map(String.init) {
      guard let target = CPUTarget.named(name) else {
        throw Diagnostic(
          .unknownTarget, "unknown target '\(name)'",
          hint: "known: host, x86-64, \(CPUTarget.all.map(\.name).joined(separator: ", "))")
      }
      if !targets.contains(target) { targets.append(target) }
    }
    guard let first = targets.first, targets.allSatisfy({ $0.architecture == first.architecture })
    else {
      throw Diagnostic(.unknownTarget, "a package holds variants of one architecture: '\(text)'")
    }
    return targets
  }
}

extension CPUArchitecture {
  /// `x86-64` and the like.
  init?(commandLineName: String) {
    switch commandLineName {
    case "x86-64", "x86_64": self = .x86_64
    default: return nil
    }
  }
}
