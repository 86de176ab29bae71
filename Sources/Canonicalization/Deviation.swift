import GraphIR
import Tensors

/// The mean of the squares of `x` over its last axes, or of their differences from the mean: the
/// variance.
struct Moment: Hashable {
  let x: ValueID
  /// The first of the axes.
  let axis: Int
  let isCentered: Bool
}

/// `1 / √(moment + epsilon)`, with the constant `scale` beside it.
struct Deviation: Hashable {
  let moment: Moment
  let epsilon: Float
  let scale: ValueID?
  /// What is multiplied by: the inverse root, or its product with the scale.
  let factor: ValueID
  /// The root or the inverse root, in the shape in which it meets other values.
  let root: ValueID
}

extension Graph {
  /// `id` as a quotient by a deviation or a product with an inverse one, in every way to read it.
  func quotients(_ id: ValueID) -> [(numerator: ValueID, Deviation)] {
    guard case .binary(let function) = op(id) else { return [] }
    let (lhs, rhs) = (operand(0, of: id), operand(1, of: id))
    switch function {
    case .div:
      return deviation(root: rhs).map { [(lhs, $0)] } ?? []
    case .mul:
      return [(lhs, rhs), (rhs, lhs)].compactMap { numerator, factor in
        inverseDeviation(factor).map { (numerator, $0) }
      }
    default:
      return []
    }
  }

  /// `1 / √(v + ε)`, or that times a constant.
  private func inverseDeviation(_ factor: ValueID) -> Deviation? {
    if let inverse = reciprocalOfRoot(factor, factor: factor, scale: nil) { return inverse }
    guard case .binary(.mul) = op(factor) else { return nil }
    let (lhs, rhs) = (operand(0, of: factor), operand(1, of: factor))
    for (inverse, scale) in [(lhs, rhs), (rhs, lhs)] where constant(scale) != nil {
      if let found = reciprocalOfRoot(inverse, factor: factor, scale: scale) { return found }
    }
    return nil
  }

  private func reciprocalOfRoot(
    _ id: ValueID, factor: ValueID, scale: ValueID?
  ) -> Deviation? {
    var root = operand(of: id) { $0 == .reciprocal }
    if root == nil, case .binary(.div) = op(id), scalar(operand(0, of: id)) == 1 {
      root = operand(1, of: id)
    }
    return root.flatMap { deviation(root: $0, met: id, factor: factor, scale: scale) }
  }

  private func deviation(
    root: ValueID, met: ValueID? = nil, factor: ValueID? = nil, scale: ValueID? = nil
  ) -> Deviation? {
    guard let sum = operand(of: root, where: { $0 == .sqrt }), case .binary(.add) = op(sum),
      let epsilon = scalar(operand(1, of: sum)), let moment = moment(operand(0, of: sum))
    else { return nil }
    return Deviation(
      moment: moment, epsilon: epsilon, scale: scale, factor: factor ?? root, root: met ?? root)
  }

  /// `id` as `mean(d²)` with `d = x - mean(x)`, as `mean(x²) - mean(x)²`, perhaps clamped at 0, or as the
  /// mean of other squares. A mean is a reduction, or a sum times the reciprocal of the count; reshapes
  /// that only drop or restore extents of 1 may stand between.
  func moment(_ id: ValueID) -> Moment? {
    var current = withoutReshapes(id)
    if case .unary(let function) = op(current),
      function.clampBounds == ClampBounds(lower: 0, upper: nil)
    {
      current = withoutReshapes(operand(0, of: current))
    }
    if let (squares, axis) = lastAxesMean(current), let root = squareRoot(squares) {
      if case .binary(.sub) = op(root), case let x = operand(0, of: root),
        difference(root, isFromMeanOf: x, axis)
      {
        return Moment(x: x, axis: axis, isCentered: true)
      }
      return Moment(x: root, axis: axis, isCentered: false)
    }
    guard case .binary(.sub) = op(current),
      let (squares, axis) = lastAxesMean(operand(0, of: current)), let x = squareRoot(squares),
      let mean = squareRoot(withoutReshapes(operand(1, of: current))),
      isMean(mean, of: x, axis)
    else { return nil }
    return Moment(x: x, axis: axis, isCentered: true)
  }

  /// `a` of `a · a`.
  private func squareRoot(_ id: ValueID) -> ValueID? {
    guard case .binary(.mul) = op(id), operand(0, of: id) == operand(1, of: id) else { return nil }
    return operand(0, of: id)
  }

  /// Whether `id` is `x - mean(x)`, in the shape of x.
  func difference(_ id: ValueID, isFromMeanOf x: ValueID, _ axis: Int) -> Bool {
    guard case .binary(.sub) = op(id), operand(0, of: id) == x,
      case let mean = operand(1, of: id)
    else { return false }
    return isMean(mean, of: x, axis) && keepsLastAxes(mean, of: x, axis)
  }

  /// Whether `id` is `mean(x) · factor`.
  func isProduct(
    _ id: ValueID, of factor: ValueID, andMeanOf x: ValueID, _ axis: Int
  ) -> Bool {
    guard case .binary(.mul) = op(id) else { return false }
    let (lhs, rhs) = (operand(0, of: id), operand(1, of: id))
    return [(lhs, rhs), (rhs, lhs)].contains { mean, other in
      other == factor && isMean(mean, of: x, axis) && keepsLastAxes(mean, of: x, axis)
    }
  }

  private func isMean(_ id: ValueID, of x: ValueID, _ axis: Int) -> Bool {
    guard let mean = lastAxesMean(id) else { return false }
    return mean.of == x && mean.axis == axis
  }

  /// Whether `id` has the extents of x before `axis`, and 1 from there on.
  func keepsLastAxes(_ id: ValueID, of x: ValueID, _ axis: Int) -> Bool {
    let dims = shape(of: x).dims
    return shape(of: id).dims
      == Array(dims[..<axis]) + [Int](repeating: 1, count: dims.count - axis)
  }

  /// `id` as a mean over all of the last axes of a value, from the axis returned on.
  private func lastAxesMean(_ id: ValueID) -> (of: ValueID, axis: Int)? {
    var current = withoutReshapes(id)
    var factor: Double?
    if case .binary(.mul) = op(current), let number = scalar(operand(1, of: current)) {
      factor = Double(number)
      current = withoutReshapes(operand(0, of: current))
    }
    guard case .reduce(let reduction) = op(current), let axis = reduction.axes.first,
      case let x = operand(0, of: current),
      reduction.axes == Array(axis..<shape(of: x).rank)
    else { return nil }
    let count = Double(shape(of: x).dims[axis...].reduce(1, *))
    switch (reduction.kind, factor) {
    case (.mean, nil): return (x, axis)
    case (.sum, let factor?): return abs(factor * count - 1) < 1e-6 ? (x, axis) : nil
    default: return nil
    }
  }

  /// What is behind reshapes and expansions that keep the number of elements.
  func withoutReshapes(_ id: ValueID) -> ValueID {
    var current = id
    while true {
      switch op(current) {
      case .reshape, .expand:
        let source = operand(0, of: current)
        guard shape(of: source).elementCount == shape(of: current).elementCount else {
          return current
        }
        current = source
      default: return current
      }
    }
  }
}
