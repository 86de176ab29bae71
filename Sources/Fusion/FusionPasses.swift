import Diagnostics
import GraphIR

/// From explicit pairs to integer ops, in order. Start reading here.
package let fusionPasses: [Pass] = [
  enterFusedStage,
  foldQDQ,
  foldDequantize,
  dequantizeConstants,
  explainQDQ,
]

/// Folds every `quantize` into the op that makes its operand.
package let foldQDQ = Pass(
  "fold-qdq",
  rules: [
    cancelQDQ, foldRequantize, hoistQuantize, hoistQuantizeAboveConcat, sinkDequantize,
    sinkDequantizeBelowConcat, foldQDQIntoProduct, foldQDQIntoBinary, foldClampIntoEpilogue,
    foldQDQIntoTable, foldQDQIntoPool, foldQDQIntoResize, foldQDQIntoAttention, foldQDQIntoRotary,
    foldDequantizeIntoRotary, foldDequantizeIntoGather,
  ])

/// Marks the graph as fused, so that integer ops may stand beside the pairs that are left.
package let enterFusedStage = Pass("enter-fused-stage") { graph throws(Diagnostic) in
  graph.stage = .fused
}
