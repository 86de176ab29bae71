import Diagnostics
import GraphIR

/// From the model as it was imported to the graph that is calibrated and quantized, in order.
///
/// Start reading here: each pass is in the file of its name.
package let canonicalizationPasses: [Pass] = [
  removeDeadOps,
  foldConstants,
  eliminateCommonSubexpressions,
  simplifyArithmetic,
  recognizePatterns,
  simplifyMovement,
  foldPadding,
  foldBatchNorm,
  foldAboveMovements,
  expandBatchNorm,
  foldScaling,
  mergeClamps,
  foldConstants,
  eliminateCommonSubexpressions,
  removeDeadOps,
  nameValues,
  enterCanonicalStage,
]

/// Drops what no output needs.
package let removeDeadOps = Pass("remove-dead-ops") { graph throws(Diagnostic) in
  try graph.compact()
}

/// Marks the graph as canonical.
package let enterCanonicalStage = Pass("enter-canonical-stage") { graph throws(Diagnostic) in
  graph.stage = .canonical
}
