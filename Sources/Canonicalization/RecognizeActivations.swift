import Diagnostics
import GraphIR
import Tensors

/// `x · sigmoid(x)` to silu.
let recognizeSilu = RewriteRule("recognize-silu") { (id, graph) throws(Diagnostic) in
  guard
    let gate = graph.gate(
      of: id, scale: 1,
      isGate: { (gate, x, graph) in
        graph.operand(of: gate) { $0 == .sigmoid } == x
      })
  else { return nil }
  return try graph.append(.silu, gate)
}

/// `x · clip(x + 3, 0, 6) / 6` and `x · hard_sigmoid(x)` with slope 1/6 to hard swish.
let recognizeHardSwish = RewriteRule("recognize-hard-swish") { (id, graph) throws(Diagnostic) in
  let sixth = 1.0 / 6
  if let gate = graph.gate(
    of: id, scale: sixth,
    isGate: { (gate, x, graph) in
      guard let shifted = graph.operand(of: gate, where: { $0 == .clip(lower: 0, upper: 6) })
      else { return false }
      return graph.isSum(shifted, of: x, and: 3)
    })
  {
    return try graph.append(.hardSwish, gate)
  }
  guard
    let gate = graph.gate(
      of: id, scale: 1,
      isGate: { (gate, x, graph) in
        guard case .unary(.hardSigmoid(let alpha, let beta)) = graph.op(gate) else { return false }
        return abs(Double(alpha) - sixth) < 1e-4 && beta == 0.5 && graph.operand(0, of: gate) == x
      })
  else { return nil }
  return try graph.append(.hardSwish, gate)
}

/// `½ · x · (1 + erf(x / √2))` to gelu.
let recognizeGelu = RewriteRule("recognize-gelu") { (id, graph) throws(Diagnostic) in
  guard
    let gate = graph.gate(
      of: id, scale: 0.5,
      isGate: { (gate, x, graph) in
        guard let erf = graph.addend(of: gate, besides: 1),
          let argument = graph.operand(of: erf, where: { $0 == .erf })
        else { return false }
        return Factors(of: argument, graph).match(0.5.squareRoot(), [x])
      })
  else { return nil }
  return try graph.append(.gelu(tanh: false), gate)
}

/// `½ · x · (1 + tanh(√(2/π) · (x + 0.044715 · x³)))` to gelu in its tanh form.
let recognizeTanhGelu = RewriteRule("recognize-tanh-gelu") { (id, graph) throws(Diagnostic) in
  guard
    let gate = graph.gate(
      of: id, scale: 0.5,
      isGate: { (gate, x, graph) in
        guard let tanh = graph.addend(of: gate, besides: 1),
          let argument = graph.operand(of: tanh, where: { $0 == .tanh })
        else { return false }
        return graph.isTanhGeluArgument(argument, x)
      })
  else { return nil }
  return try graph.append(.gelu(tanh: true), gate)
}

/// An activation function of `x`, times a number that the model has beside it.
private struct Gate {
  let x: ValueID
  let factor: Float
}

extension Graph {
  /// Takes `id` as `factor · scale · x · gate`, of an f32 x. The factor is 1, unless a number stands
  /// in the product: then it is what that leaves.
  fileprivate func gate(
    of id: ValueID, scale: Double, isGate: (ValueID, ValueID, Graph) -> Bool
  ) -> Gate? {
    guard [.binary(.mul), .binary(.div)].contains(op(id)), type(of: id).element == .f32 else {
      return nil
    }
    let factors = Factors(of: id, self)
    let isExact = factors.match(scale, factors.values)
    let factor = isExact ? 1 : Float(factors.scale / scale)
    guard factors.values.count == 2, isExact || factors.scale != 1, factor.isNormal else {
      return nil
    }
    for gate in factors.values {
      let x = factors.without(gate)[0]
      if isGate(gate, x, self), shape(of: x) == shape(of: id) { return Gate(x: x, factor: factor) }
    }
    return nil
  }

  fileprivate mutating func append(
    _ function: UnaryFunction, _ gate: Gate
  ) throws(Diagnostic) -> ValueID {
    let value = try append(.unary(function), [gate.x])
    guard gate.factor != 1 else { return value }
    return try append(
      .binary(.mul), [value, appendConstant(try Tensor.floats([gate.factor], [1]))])
  }

  /// The other operand of a sum with `number`.
  fileprivate func addend(of id: ValueID, besides number: Float) -> ValueID? {
    guard case .binary(.add) = op(id) else { return nil }
    if scalar(operand(1, of: id)) == number { return operand(0, of: id) }
    return scalar(operand(0, of: id)) == number ? operand(1, of: id) : nil
  }

  fileprivate func isSum(_ id: ValueID, of x: ValueID, and number: Float) -> Bool {
    addend(of: id, besides: number) == x
  }

  /// `√(2/π) · (x + 0.044715 · x³)`, or `√(2/π) · x · (1 + 0.044715 · x²)`.
  fileprivate func isTanhGeluArgument(_ id: ValueID, _ x: ValueID) -> Bool {
    let factors = Factors(of: id, self)
    let outer = (2 / Double.pi).squareRoot()
    guard abs(factors.scale - outer) < 1e-4 * outer else { return false }
    if factors.values.count == 1, case .binary(.add) = op(factors.values[0]) {
      let (lhs, rhs) = (operand(0, of: factors.values[0]), operand(1, of: factors.values[0]))
      return (lhs == x && isCube(rhs, x)) || (rhs == x && isCube(lhs, x))
    }
    guard factors.values.count == 2, factors.values.contains(x),
      let square = addend(of: factors.without(x)[0], besides: 1)
    else { return false }
    return Factors(of: square, self).match(0.044715, [x, x])
  }

  private func isCube(_ id: ValueID, _ x: ValueID) -> Bool {
    let factors = Factors(of: id, self)
    if factors.match(0.044715, [x, x, x]) { return true }
    guard factors.values.count == 1, case .binary(.pow) = op(factors.values[0]) else {
      return false
    }
    return factors.match(0.044715, factors.values) && operand(0, of: factors.values[0]) == x
      && scalar(operand(1, of: factors.values[0])) == 3
  }
}
