import CReference
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
    let indices = try places(in: operands[0].shape[gather.axis])
    return try operands[0].tensor.gathered(indices, axis: gather.axis, to: type.shape)
  }

  /// Rows of the table, dequantized.
  func embedding() throws(Diagnostic) -> Tensor {
    let table = operands[0]
    guard let params = table.type.quantization else {
      throw Diagnostic(.invalidQuantization, "q.embedding of a table without quantization")
    }
    let rows = try places(in: table.shape[0])
    let width = table.shape.dims.dropFirst().reduce(1, *)
    var y = [Float](repeating: 0, count: rows.count * width)
    qr_embedding(
      Int64(rows.count), Int64(width), table.tensor.byteArray, table.element == .i8,
      rows.map { Int64($0) }, rows.map { params.scales[params.isPerTensor ? 0 : $0] },
      rows.map { params.zeroPoints[params.isPerTensor ? 0 : $0] }, &y)
    return try Tensor(.f32, type.shape, y)
  }

  /// The positions along an axis that operand 1 names, counted from the front.
  private func places(in extent: Int) throws(Diagnostic) -> [Int] {
    var indices: [Int] = []
    for index in operands[1].tensor.integers ?? [] {
      let front = index < 0 ? Int(index) + extent : Int(index)
      guard (0..<extent).contains(front) else {
        throw Diagnostic(
          .invalidGraph, "\(op.mnemonic) takes element \(index) of an axis of \(extent) elements",
          hint: "an id outside of the model's vocabulary or table")
      }
      indices.append(front)
    }
    return indices
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
