import Diagnostics
import GraphIR
import Tensors

/// Which quantization scheme applies to which ops. `Documentation/Recipe.md` describes the file.
package struct Recipe: Hashable, Sendable {
  package enum Precision: String, CaseIterable, Hashable, Sendable, Codable {
    /// 8-bit weights and activations.
    case int8
    /// No quantization.
    case float32
  }

  package enum Calibrator: String, CaseIterable, Hashable, Sendable, Codable {
    case minMax = "min-max"
    case movingAverage = "moving-average"
    case percentile, entropy, mse
  }

  /// The element type of the model's float inputs and outputs.
  package enum Interface: String, CaseIterable, Hashable, Sendable, Codable {
    case float, int8, uint8

    /// The storage of quantized inputs and outputs; `nil` when they stay float.
    package var element: ElementType? {
      switch self {
      case .float: nil
      case .int8: .i8
      case .uint8: .u8
      }
    }
  }

  /// How attention is computed.
  package enum Attention: String, CaseIterable, Hashable, Sendable, Codable {
    /// Integer products; probabilities normalized, then rounded to u8.
    case faithful
    /// Integer products; exponentials rounded to u8, normalized by their sum at the end.
    case unnormalized
    case float
  }

  /// How stored activations are rounded.
  package enum Activations: String, CaseIterable, Hashable, Sendable, Codable {
    /// 8 bits each.
    case int8
    /// 16 bits wherever all ops around take them.
    case int16
    /// 16 bits for those whose rounding to 8 costs the outputs most, as calibration measured.
    case mixed
  }

  package static let schemaVersion = 1

  /// The scheme of every op that nothing else is said of.
  package var precision: Precision = .int8
  /// The schemes of ops by their name in the IR text: `conv`, `gelu`, ….
  package var ops: [String: Precision] = [:]
  /// Names of nodes or values whose ops stay float, with `*` and `?`.
  package var keepFloat: [String] = []
  package var calibrator: Calibrator = .mse
  /// For the percentile calibrator: the share of values inside of the range, in percent.
  package var percentile: Double = 99.999
  package var interface: Interface = .float
  package var attention: Attention = .faithful
  package var activations: Activations = .mixed
  /// Products of two activations outside of attention are quantized too, the right one symmetric.
  package var quantizesActivationProducts = false

  /// Channels of normalizations and of convolutions are brought to like sizes before they are
  /// quantized.
  package var smoothsActivations = true

  /// Weights are rounded, and biases corrected, so that the products keep their means.
  package var keepsMeans = true

  package init() {}

  /// Whether a pattern of ``keepFloat`` fits the name.
  package func keepsFloat(named name: String) -> Bool {
    keepFloat.contains { NamePattern($0).matches(name) }
  }

  /// Why the op that makes `id` stays float; `nil` when it may be quantized.
  package func reasonForFloat(_ id: ValueID, in graph: Graph) -> String? {
    let node = graph[id]
    for pattern in keepFloat
    where NamePattern(pattern).matches(node.name) || NamePattern(pattern).matches(node.source) {
      return "the recipe keeps '\(pattern)' in float"
    }
    switch ops[node.op.mnemonic] ?? precision {
    case .int8: return nil
    case .float32: return "the recipe keeps \(node.op.mnemonic) in float"
    }
  }
}
