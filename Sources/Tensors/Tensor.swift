import Diagnostics
import Foundation

/// A constant or run-time array: row-major, little-endian, unpadded.
///
/// Four-bit elements lie two to a byte, the first in the low nibble. `bytes` may be a slice of a
/// mapped file.
package struct Tensor: Hashable, Sendable {
  package let element: ElementType
  package let shape: Shape
  package let bytes: Data

  /// - Throws: `QC1002` when `bytes` has another size than shape and element type ask for.
  package init(_ element: ElementType, _ shape: Shape, bytes: Data) throws(Diagnostic) {
    let expected = element.byteCount(of: shape.elementCount)
    guard bytes.count == expected else {
      throw Diagnostic(
        .malformedModel,
        "a tensor of \(shape) \(element.rawValue) has \(expected) bytes, not \(bytes.count)")
    }
    self.element = element
    self.shape = shape
    self.bytes = bytes
  }

  /// A tensor of `values`, whose Swift type must be as wide as `element`.
  package init<Element: BitwiseCopyable>(
    _ element: ElementType, _ shape: Shape, _ values: [Element]
  ) throws(Diagnostic) {
    precondition(MemoryLayout<Element>.size * 8 == element.bitWidth, "\(Element.self)")
    let data = values.withUnsafeBytes { Data($0) }
    try self.init(element, shape, bytes: data)
  }

  package static func floats(_ values: [Float], _ dims: [Int]) throws(Diagnostic) -> Tensor {
    try Tensor(.f32, Shape(dims), values)
  }

  package static func int64s(_ values: [Int64], _ dims: [Int]) throws(Diagnostic) -> Tensor {
    try Tensor(.i64, Shape(dims), values)
  }

  /// The elements as `type`, which must be as wide as the element type (a copy).
  package func elements<Element: BitwiseCopyable>(_ type: Element.Type) -> [Element] {
    precondition(MemoryLayout<Element>.size * 8 == element.bitWidth, "\(Element.self)")
    return [Element](unsafeUninitializedCapacity: shape.elementCount) { buffer, count in
      count = shape.elementCount
      _ = bytes.copyBytes(to: UnsafeMutableRawBufferPointer(buffer))
    }
  }

  package var floats: [Float] { elements(Float.self) }

  /// The same elements under another shape of as many elements.
  package func reshaped(_ shape: Shape) throws(Diagnostic) -> Tensor {
    try Tensor(element, shape, bytes: bytes)
  }
}
