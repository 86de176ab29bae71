import Diagnostics
import GraphIR
import QuantMath
import Tensors

extension Evaluation {
  func concat(_ concat: Concatenation) throws(Diagnostic) -> Tensor {
    var boxes: [(tensor: Tensor, at: [Int])] = []
    var position = 0
    for operand in operands {
      var at = [Int](repeating: 0, count: type.shape.rank)
      at[concat.axis] = position
      boxes.append((operand.tensor, at))
      position += operand.shape[concat.axis]
    }
    return try Tensor.zeros(type.element, type.shape).overwritten(by: boxes)
  }

  func gather(_ gather: Gather) throws(Diagnostic) -> Tensor {
    let extent = operands[0].shape[gather.axis]
    var indices: [Int] = []
    for index in operands[1].tensor.integers ?? [] {
      let front = index < 0 ? Int(index) + extent : Int(index)
      guard (0..<extent).contains(front) else {
        throw Diagnostic(
          .invalidGraph, "gather takes element \(index) of an axis of \(extent) elements",
          hint: "an id outside of the model's vocabulary or table")
      }
      indices.append(front)
    }
    return try operands[0].tensor.gathered(indices, axis: gather.axis, to: type.shape)
  }

  func pad(_ padding: Padding) throws(Diagnostic) -> Tensor {
    let x = operands[0].tensor
    let rank = x.shape.rank
    guard padding.mode == .constant else { return try padByIndex(padding) }
    // The part of the operand that negative pads leave, and where it goes.
    let kept = Slice(
      starts: (0..<rank).map { max(0, -padding.pads[$0]) }, steps: [Int](repeating: 1, count: rank),
      sizes: (0..<rank).map {
        max(0, x.shape[$0] - max(0, -padding.pads[$0]) - max(0, -padding.pads[$0 + rank]))
      })
    let filled = try fill(padding.value).broadcast(to: type.shape)
    let at = (0..<rank).map { max(0, padding.pads[$0]) }
    return try filled.overwritten(by: [(try x.sliced(kept), at)])
  }

  /// One element of the operand's type that stands for `value`.
  private func fill(_ value: Float) throws(Diagnostic) -> Tensor {
    if let params = operands[0].type.quantization, let bounds = type.element.storageBounds {
      let q = QuantMath.quantize(
        value, scale: params.scale, zeroPoint: params.zeroPoint, bounds: bounds)
      return try Tensor.integers(type.element, .scalar, [Int64(q)])
    }
    return try Tensor(.f32, .scalar, [value]).cast(to: Cast(type.element))
  }

  private func padByIndex(_ padding: Padding) throws(Diagnostic) -> Tensor {
    var result = operands[0].tensor
    let rank = result.shape.rank
    for axis in 0..<rank where padding.pads[axis] != 0 || padding.pads[axis + rank] != 0 {
      let extent = result.shape[axis]
      guard extent > 0 else {
        throw Diagnostic(.invalidAttribute, "\(padding.mode) padding of an empty axis")
      }
      let count = extent + padding.pads[axis] + padding.pads[axis + rank]
      let indices = (0..<max(0, count)).map {
        source(of: $0 - padding.pads[axis], extent: extent, mode: padding.mode)
      }
      var dims = result.shape.dims
      dims[axis] = indices.count
      result = try result.gathered(indices, axis: axis, to: Shape(dims))
    }
    return result
  }

  /// The element that position `index`, which may lie outside of `0..<extent`, repeats.
  private func source(of index: Int, extent: Int, mode: Padding.Mode) -> Int {
    func modulo(_ value: Int, _ period: Int) -> Int { ((value % period) + period) % period }
    switch mode {
    case .constant, .edge: return min(max(index, 0), extent - 1)
    case .wrap: return modulo(index, extent)
    case .reflect:
      guard extent > 1 else { return 0 }
      let position = modulo(index, 2 * (extent - 1))
      return min(position, 2 * (extent - 1) - position)
    }
  }
}
