import Diagnostics
import Tensors

/// Rotary position embedding: turns pairs of elements of the last axis by an angle of their own.
///
/// | value    | shape        | element | |
/// |----------|--------------|---------|---|
/// | x        | `[…, d]`     | float   | any axes before the elements of a head |
/// | cos, sin | `[…, n / 2]` | as x    | one angle for each pair; broadcast to x's other axes |
/// | result   | `[…, d]`     | as x    | |
///
/// The first n elements of the last axis turn, the others stay as they are.
package struct RotaryEmbedding: Hashable, Sendable {
  /// Which elements are a pair, for i < n / 2.
  package enum Pairing: String, CaseIterable, Hashable, Sendable {
    /// `i` and `i + n / 2`.
    case halves
    /// `2 · i` and `2 · i + 1`.
    case interleaved
  }

  package let pairing: Pairing
  /// How many elements of each head turn: even and > 0.
  package let size: Int

  /// - Throws: `QC1007` when `size` is no even number above 0.
  package init(_ pairing: Pairing, size: Int) throws(Diagnostic) {
    guard size > 0, size.isMultiple(of: 2) else {
      throw Diagnostic(.invalidAttribute, "a rotation of \(size) elements")
    }
    self.pairing = pairing
    self.size = size
  }

  /// The place of the second element of pair i, after the first one's.
  package var partnerDistance: Int { pairing == .halves ? size / 2 : 1 }

  /// The place of the first element of pair i.
  package func first(of pair: Int) -> Int { pairing == .halves ? pair : 2 * pair }
}

/// ``RotaryEmbedding`` of 8-bit or f32 numbers, made f32 or 8-bit; cos and sin stay f32.
package struct QuantizedRotaryEmbedding: Hashable, Sendable {
  package let rotary: RotaryEmbedding
  package let result: QuantizedResult

  package init(_ rotary: RotaryEmbedding, result: QuantizedResult) {
    self.rotary = rotary
    self.result = result
  }
}

extension RotaryEmbedding {
  /// Whether x and the angles have shapes that fit each other.
  package func takes(x: Shape, angles: [Shape]) -> Bool {
    guard let last = x.dims.last, size <= last else { return false }
    return angles.allSatisfy { angle in
      guard angle.dims.last == size / 2, angle.rank <= x.rank else { return false }
      return zip(angle.dims.reversed().dropFirst(), x.dims.reversed().dropFirst()).allSatisfy {
        $0 == $1 || $0 == 1
      }
    }
  }
}
