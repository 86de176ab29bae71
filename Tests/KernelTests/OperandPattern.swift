import Tensors
import TestSupport

/// The operands that find what random ones do not.
enum OperandPattern: String, CaseIterable, Sendable {
  case random
  /// All activations 255, all weights 127: the largest sums, and pairs that would saturate.
  case highest
  /// All activations 255, weights -127.
  case lowest
  /// Weights of alternating sign in pairs, activations at the ends of their range.
  case alternating
  /// One weight in many is not zero: finds errors of layout.
  case oneHot

  func activations(_ count: Int, _ random: inout SeededGenerator) -> [UInt8] {
    switch self {
    case .random, .oneHot: random.bytes(count)
    case .highest, .lowest: [UInt8](repeating: 255, count: count)
    case .alternating: (0..<count).map { $0 / 2 % 2 == 0 ? 255 : 0 }
    }
  }

  /// The bytes of stored activations of a type, of 16 bits at the ends of their range too.
  func activations(
    _ byteCount: Int, of element: ElementType, _ random: inout SeededGenerator
  ) -> [UInt8] {
    guard element == .i16 else { return activations(byteCount, &random) }
    let (least, most): ([UInt8], [UInt8]) = ([0x00, 0x80], [0xff, 0x7f])
    switch self {
    case .random, .oneHot: return random.bytes(byteCount)
    case .highest: return (0..<byteCount).map { most[$0 % 2] }
    case .lowest: return (0..<byteCount).map { least[$0 % 2] }
    case .alternating: return (0..<byteCount).map { $0 / 4 % 2 == 0 ? most[$0 % 2] : least[$0 % 2] }
    }
  }

  func weights(_ count: Int, _ random: inout SeededGenerator) -> [Int8] {
    switch self {
    case .random: random.bytes(count).map { Int8(max(-127, Int(Int8(bitPattern: $0)))) }
    case .highest: [Int8](repeating: 127, count: count)
    case .lowest: [Int8](repeating: -127, count: count)
    case .alternating: (0..<count).map { $0 / 2 % 2 == 0 ? 127 : -127 }
    case .oneHot: (0..<count).map { $0 % 7 == 3 ? Int8(1 + $0 % 5) : 0 }
    }
  }
}
