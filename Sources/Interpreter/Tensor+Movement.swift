import CReference
import Diagnostics
import Foundation
import GraphIR
import Tensors

// The pointers here live for one call of C that reads within the tensor: origins, strides and
// indices come from shapes that the ops have checked.

extension Tensor {
  /// Bytes of an element that is moved: four-bit codes move as whole bytes.
  private var movedBytes: Int { max(element.bitWidth / 8, 1) }

  /// Four-bit codes one to a byte.
  private var codes: [UInt8] {
    let packed = byteArray
    return (0..<shape.elementCount).map { packed[$0 / 2] >> ($0 % 2 == 0 ? 0 : 4) & 15 }
  }

  /// Hands the elements out in whole bytes; does nothing for a tensor without elements.
  private func withElements(_ body: (UnsafePointer<UInt8>) -> Void) {
    func hand(_ raw: UnsafeRawBufferPointer) {
      if let base = raw.bindMemory(to: UInt8.self).baseAddress { body(base) }
    }
    if element.bitWidth == 4 { codes.withUnsafeBytes(hand) } else { bytes.withUnsafeBytes(hand) }
  }

  /// A tensor from elements in whole bytes.
  private static func packing(
    _ element: ElementType, _ shape: Shape, _ bytes: [UInt8]
  ) throws(Diagnostic) -> Tensor {
    element.bitWidth == 4
      ? try integers(element, shape, bytes.map { Int64($0) })
      : try of(element, shape, bytes: bytes)
  }

  /// Element (i₀, i₁, …) of the result is element `origin + Σ iₐ · strides[a]` of this tensor.
  func strided(_ shape: Shape, origin: Int, strides: [Int]) throws(Diagnostic) -> Tensor {
    guard shape.rank <= 16 else {
      throw Diagnostic(.unsupportedAttribute, "a tensor of rank \(shape.rank); the limit is 16")
    }
    var result = [UInt8](repeating: 0, count: shape.elementCount * movedBytes)
    if shape.elementCount > 0 {
      withElements {
        qr_copy_strided(
          Int64(movedBytes), Int64(shape.rank), shape.dims.map { Int64($0) }, $0, Int64(origin),
          strides.map { Int64($0) }, &result)
      }
    }
    return try Tensor.packing(element, shape, result)
  }

  func transposed(_ permutation: [Int]) throws(Diagnostic) -> Tensor {
    let strides = shape.strides
    return try strided(
      Shape(permutation.map { shape[$0] }), origin: 0, strides: permutation.map { strides[$0] })
  }

  func sliced(_ slice: Slice) throws(Diagnostic) -> Tensor {
    let strides = shape.strides
    let origin = zip(slice.starts, strides).map { $0 * $1 }.reduce(0, +)
    return try strided(
      Shape(slice.sizes), origin: origin, strides: zip(strides, slice.steps).map { $0 * $1 })
  }

  /// Repeats along axes of extent 1, and along new axes in front.
  func broadcast(to target: Shape) throws(Diagnostic) -> Tensor {
    if target == shape { return self }
    let added = target.rank - shape.rank
    let own = shape.strides
    let strides = target.dims.indices.map { axis in
      axis < added || shape[axis - added] == 1 ? 0 : own[axis - added]
    }
    return try strided(target, origin: 0, strides: strides)
  }

  /// Element j along `axis` of the result is element `indices[j]` of this tensor.
  func gathered(_ indices: [Int], axis: Int, to shape: Shape) throws(Diagnostic) -> Tensor {
    let outer = self.shape.dims[..<axis].reduce(1, *)
    let inner = self.shape.dims[(axis + 1)...].reduce(1, *)
    var result = [UInt8](repeating: 0, count: shape.elementCount * movedBytes)
    withElements {
      qr_gather(
        Int64(movedBytes), Int64(outer), Int64(self.shape[axis]), Int64(inner),
        Int64(indices.count), $0, indices.map { Int64($0) }, &result)
    }
    return try Tensor.packing(element, shape, result)
  }

  /// This tensor with boxes of other tensors written over it, each at its origin.
  func overwritten(by boxes: [(tensor: Tensor, at: [Int])]) throws(Diagnostic) -> Tensor {
    var target = element.bitWidth == 4 ? codes : byteArray
    let strides = shape.strides
    for box in boxes where box.tensor.shape.elementCount > 0 {
      let origin = zip(box.at, strides).map { $0 * $1 }.reduce(0, +)
      box.tensor.withElements {
        qr_scatter_strided(
          Int64(movedBytes), Int64(box.tensor.shape.rank), box.tensor.shape.dims.map { Int64($0) },
          $0, &target, Int64(origin), strides.map { Int64($0) })
      }
    }
    return try Tensor.packing(element, shape, target)
  }

  /// A tensor of zero bits.
  static func zeros(_ element: ElementType, _ shape: Shape) throws(Diagnostic) -> Tensor {
    try of(
      element, shape,
      bytes: [UInt8](repeating: 0, count: element.byteCount(of: shape.elementCount)))
  }
}
