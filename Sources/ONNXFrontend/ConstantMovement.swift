import Diagnostics
import Foundation
import GraphIR
import Tensors

/// A folded op that only picks elements: every result element is a copy of one operand element.
struct Movement {
  let result: Tensor

  /// `nil` when the op does not move elements, or the elements are not whole bytes.
  init?(_ op: Op, _ operands: [Tensor], _ type: TensorType) throws(Diagnostic) {
    guard type.element.bitWidth >= 8 else { return nil }
    let x = operands[0].shape
    switch op {
    case .expand:
      result = try Movement.gather(operands[0], BroadcastIndex(x, to: type.shape).offsets, type)
    case .transpose(let transpose):
      let strides = transpose.permutation.map { x.strides[$0] }
      let offsets = StridedIndex(type.shape, strides: strides, start: 0).offsets
      result = try Movement.gather(operands[0], offsets, type)
    case .slice(let slice):
      let steps = zip(slice.steps, x.strides).map { $0 &* $1 }
      let start = zip(slice.starts, x.strides).reduce(0) { $0 &+ $1.0 &* $1.1 }
      let offsets = StridedIndex(type.shape, strides: steps, start: start).offsets
      result = try Movement.gather(operands[0], offsets, type)
    case .gather(let gather):
      guard let offsets = Movement.offsets(gather, operands, type) else { return nil }
      result = try Movement.gather(operands[0], offsets, type)
    case .concat(let concat):
      result = try Movement.concat(operands, axis: concat.axis, type)
    case .select:
      result = try Movement.select(operands, type)
    default:
      return nil
    }
  }

  private static func gather(
    _ tensor: Tensor, _ offsets: [Int], _ type: TensorType
  ) throws(Diagnostic) -> Tensor {
    let width = type.element.bitWidth / 8
    let source = [UInt8](tensor.bytes)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(offsets.count * width)
    for offset in offsets { bytes += source[offset * width..<(offset + 1) * width] }
    return try Tensor(type.element, type.shape, bytes: Data(bytes))
  }

  /// `nil` when an index lies outside of the axis.
  private static func offsets(
    _ gather: Gather, _ operands: [Tensor], _ type: TensorType
  ) -> [Int]? {
    let x = operands[0].shape
    let extent = x[gather.axis]
    let inner = x.strides[gather.axis]
    guard let indices = operands[1].integers else { return nil }
    guard type.shape.elementCount > 0 else { return [] }
    let outer = x.dims[..<gather.axis].reduce(1, *)
    var offsets: [Int] = []
    offsets.reserveCapacity(type.shape.elementCount)
    for block in 0..<outer {
      for index in indices {
        let position = index < 0 ? index &+ Int64(extent) : index
        guard (0..<Int64(extent)).contains(position) else { return nil }
        let start = (block * extent + Int(position)) * inner
        offsets += start..<start + inner
      }
    }
    return offsets
  }

  private static func concat(
    _ operands: [Tensor], axis: Int, _ type: TensorType
  ) throws(Diagnostic) -> Tensor {
    let width = type.element.bitWidth / 8
    let outer = type.shape.elementCount == 0 ? 0 : type.shape.dims[..<axis].reduce(1, *)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(type.byteCount)
    for block in 0..<outer {
      for operand in operands {
        let length = operand.shape.dims[axis...].reduce(1, *) * width
        let start = operand.bytes.startIndex + block * length
        bytes += operand.bytes[start..<start + length]
      }
    }
    return try Tensor(type.element, type.shape, bytes: Data(bytes))
  }

  private static func select(
    _ operands: [Tensor], _ type: TensorType
  ) throws(Diagnostic) -> Tensor {
    let width = type.element.bitWidth / 8
    let conditions = [UInt8](operands[0].bytes)
    let sources = [[UInt8](operands[1].bytes), [UInt8](operands[2].bytes)]
    let offsets = operands.map { BroadcastIndex($0.shape, to: type.shape).offsets }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(type.byteCount)
    for index in 0..<type.shape.elementCount {
      let choice = conditions[offsets[0][index]] != 0 ? 0 : 1
      let start = offsets[choice + 1][index] * width
      bytes += sources[choice][start..<start + width]
    }
    return try Tensor(type.element, type.shape, bytes: Data(bytes))
  }
}

/// The operand's offset of every element of a strided view, in row-major order.
struct StridedIndex {
  let offsets: [Int]

  init(_ shape: Shape, strides: [Int], start: Int) {
    var offsets = [start]
    if shape.elementCount == 0 { offsets = [] }
    for (dim, stride) in zip(shape.dims, strides) where shape.elementCount > 0 {
      var next: [Int] = []
      next.reserveCapacity(offsets.count * dim)
      for offset in offsets {
        for position in 0..<dim { next.append(offset + position * stride) }
      }
      offsets = next
    }
    self.offsets = offsets
  }
}

/// The operand's offset of every element of a broadcast result, in row-major order.
struct BroadcastIndex {
  let offsets: [Int]

  init(_ operand: Shape, to result: Shape) {
    let missing = result.rank - operand.rank
    let strides = result.dims.indices.map { axis -> Int in
      guard axis >= missing, operand[axis - missing] != 1 else { return 0 }
      return operand.strides[axis - missing]
    }
    offsets = StridedIndex(result, strides: strides, start: 0).offsets
  }
}
