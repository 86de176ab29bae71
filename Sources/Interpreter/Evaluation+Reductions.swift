import CReference
import Diagnostics
import GraphIR
import Tensors

extension Evaluation {
  func reduce(_ reduction: Reduction) throws(Diagnostic) -> Tensor {
    let x = operands[0].tensor
    if reduction.axes.isEmpty { return x }
    let layout = RowLayout(x.shape, axes: reduction.axes)
    let rows = try layout.gathered(x)
    if x.element.isFloat, x.element != .f64 {
      var y = [Float](repeating: 0, count: layout.rows)
      qr_reduce_f32(
        reduction.kind.code, layout.isTrailing, Int64(layout.rows), Int64(layout.length),
        try rows.asFloats(), &y)
      return try Tensor.rounding(y, to: x.element, type.shape)
    }
    if x.element == .f64 {
      return try Tensor(.f64, type.shape, chains(rows.doubles, layout, reduction.kind))
    }
    let sums = integerChains(rows.integers ?? [], layout, reduction.kind)
    return try Tensor.integers(x.element, type.shape, sums)
  }

  /// fp64 reductions: one chain each.
  private func chains(_ x: [Double], _ layout: RowLayout, _ kind: Reduction.Kind) -> [Double] {
    (0..<layout.rows).map { row in
      let elements = x[(row * layout.length)..<((row + 1) * layout.length)]
      switch kind {
      case .sum: return elements.reduce(0, +)
      case .mean: return elements.reduce(0, +) / Double(layout.length)
      case .max: return elements.reduce(-.infinity) { $1 > $0 ? $1 : $0 }
      case .min: return elements.reduce(.infinity) { $1 < $0 ? $1 : $0 }
      case .prod: return elements.reduce(1, *)
      case .sumOfSquares: return elements.reduce(0) { $0 + $1 * $1 }
      case .l1: return elements.reduce(0) { $0 + $1.magnitude }
      case .l2: return elements.reduce(0) { $0 + $1 * $1 }.squareRoot()
      }
    }
  }

  /// Integer reductions, wrapping; a mean and an l2 are truncated.
  private func integerChains(
    _ x: [Int64], _ layout: RowLayout, _ kind: Reduction.Kind
  ) -> [Int64] {
    (0..<layout.rows).map { row in
      let elements = x[(row * layout.length)..<((row + 1) * layout.length)]
      let bounds = type.element == .bool ? 0...1 : type.element.integerBounds ?? 0...(.max)
      switch kind {
      case .sum: return elements.reduce(0, &+)
      case .mean: return layout.length == 0 ? 0 : elements.reduce(0, &+) / Int64(layout.length)
      case .max: return elements.max() ?? bounds.lowerBound
      case .min: return elements.min() ?? bounds.upperBound
      case .prod: return elements.reduce(1, &*)
      case .sumOfSquares: return elements.reduce(0) { $0 &+ $1 &* $1 }
      case .l1: return elements.reduce(0) { $0 &+ ($1 < 0 ? 0 &- $1 : $1) }
      case .l2:
        return Int64(Double(elements.reduce(0) { $0 &+ $1 &* $1 }).squareRoot())
      }
    }
  }

  func softmax(_ softmax: Softmax) throws(Diagnostic) -> Tensor {
    let x = operands[0].tensor
    let layout = RowLayout(x.shape, axes: [softmax.axis])
    let rows = try layout.gathered(x).asFloats()
    var constants = qr_constants.reference
    var y = [Float](repeating: 0, count: rows.count)
    qr_softmax(
      &constants, softmax.kind == .log, layout.isTrailing, Int64(layout.rows),
      Int64(layout.length), rows, &y)
    if softmax.kind == .safe { y.replaceNaN() }
    return try layout.restored(
      Tensor.rounding(y, to: x.element, x.shape), to: x.shape)
  }

  /// Rows over all axes from `axis` on, and a parameter spread over one row.
  private func normRows(
    _ norm: Normalization
  ) throws(Diagnostic) -> (x: [Float], rows: Int, parameters: [[Float]]) {
    let shape = operands[0].shape
    let row = try Shape(Array(shape.dims[norm.axis...]))
    var parameters: [[Float]] = []
    for parameter in operands.dropFirst() {
      parameters.append(try parameter.tensor.broadcast(to: row).asFloats())
    }
    let rows = shape.dims[..<norm.axis].reduce(1, *)
    return (try operands[0].tensor.asFloats(), rows, parameters)
  }

  func layerNorm(_ norm: Normalization) throws(Diagnostic) -> Tensor {
    let (x, rows, parameters) = try normRows(norm)
    var y = [Float](repeating: 0, count: x.count)
    qr_layer_norm(
      Int64(rows), Int64(rows == 0 ? 0 : x.count / rows), norm.epsilon, x, parameters[0],
      parameters.count > 1 ? parameters[1] : nil, &y)
    return try Tensor.rounding(y, to: type.element, type.shape)
  }

  func rmsNorm(_ norm: Normalization) throws(Diagnostic) -> Tensor {
    let (x, rows, parameters) = try normRows(norm)
    var y = [Float](repeating: 0, count: x.count)
    qr_rms_norm(
      Int64(rows), Int64(rows == 0 ? 0 : x.count / rows), norm.epsilon, x, parameters[0], &y)
    return try Tensor.rounding(y, to: type.element, type.shape)
  }

  func batchNorm(_ norm: BatchNormalization) throws(Diagnostic) -> Tensor {
    let shape = operands[0].shape
    let x = try operands[0].tensor.asFloats()
    var y = [Float](repeating: 0, count: x.count)
    qr_batch_norm(
      Int64(shape[0]), Int64(shape[1]), Int64(shape.dims.dropFirst(2).reduce(1, *)), norm.epsilon,
      x, try operands[1].tensor.asFloats(), try operands[2].tensor.asFloats(),
      try operands[3].tensor.asFloats(), try operands[4].tensor.asFloats(), &y)
    return try Tensor.rounding(y, to: type.element, type.shape)
  }
}

extension [Float] {
  /// Puts +0 in the place of every NaN.
  mutating func replaceNaN() {
    for index in indices where self[index].isNaN { self[index] = 0 }
  }
}
