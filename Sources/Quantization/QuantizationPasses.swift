import Diagnostics
import GraphIR

/// The calibrated range of a value, by its name; `nil` when the table has none.
package typealias RangeTable = @Sendable (_ name: String) -> ClosedRange<Float>?

/// From the canonical graph to one with explicit `quantize` and `dequantize`, in order.
///
/// A model that brings its own pairs keeps them as they are, and needs no table.
package func quantizationPasses(
  recipe: Recipe, ranges: @escaping RangeTable,
  channels: @escaping ChannelTable = { _ in nil },
  moments: @escaping MomentTable = { _ in nil },
  sensitivities: @escaping SensitivityTable = { _ in nil }
) -> [Pass] {
  [
    smoothActivations(recipe: recipe, channels: channels),
    insertQDQ(
      recipe: recipe, ranges: ranges, channels: channels, moments: moments,
      sensitivities: sensitivities),
    foldSmoothing,
    quantizeInterface(recipe: recipe, ranges: ranges),
    nameQDQ,
    enterQuantizedStage,
  ]
}

/// Marks the graph as quantized.
package let enterQuantizedStage = Pass("enter-quantized-stage") { graph throws(Diagnostic) in
  graph.stage = .quantized
}

extension Graph {
  /// The model was quantized before it came here.
  package var isQuantized: Bool {
    nodes.contains { node in
      switch node.op {
      case .quantize, .dequantize: true
      default: false
      }
    }
  }
}
