import Diagnostics
import Tensors

/// Layer or RMS normalization over all axes from `axis` on.
package struct Normalization: Hashable, Sendable {
  /// Counted from the front.
  package let axis: Int
  package let epsilon: Float

  package init(axis: Int, epsilon: Float) {
    self.axis = axis
    self.epsilon = epsilon
  }
}

/// Batch normalization with fixed statistics.
package struct BatchNormalization: Hashable, Sendable {
  package let epsilon: Float

  package init(epsilon: Float) { self.epsilon = epsilon }
}

/// `exp(x - max) / Σ exp(x - max)` along one axis.
package struct Softmax: Hashable, Sendable {
  package enum Kind: String, CaseIterable, Hashable, Sendable {
    case plain = "softmax"
    /// The logarithm of it.
    case log = "log_softmax"
    /// +0 where it is NaN, as for a row of −∞ alone.
    case safe = "safe_softmax"
  }

  /// Counted from the front.
  package let axis: Int
  package let kind: Kind

  package init(axis: Int, _ kind: Kind = .plain) {
    self.axis = axis
    self.kind = kind
  }
}

/// Conversion of every element.
package struct Cast: Hashable, Sendable {
  package let element: ElementType
  /// For the 8-bit floats: out-of-range values become the largest finite one.
  package let saturates: Bool

  package init(_ element: ElementType, saturates: Bool = true) {
    self.element = element
    self.saturates = saturates
  }
}
