import Tensors

/// Functions of one element that follow each other, so that one 256-entry table computes them all.
package struct TableChain: Sendable {
  /// What the first function reads.
  package let base: ValueID
  /// The ops, first one first; none but the last is used elsewhere.
  package let members: [ValueID]
  /// All of them after each other.
  package let value: @Sendable (Float) -> Float

  /// `sigmoid`, or `add+relu` for several.
  package func function(in graph: Graph) -> String {
    members.map { graph.op($0).mnemonic }.joined(separator: "+")
  }
}

extension Graph {
  /// The longest chain of functions that ends with `last`; `nil` when that is no such function.
  ///
  /// A function is a unary one, or a sum, difference, product, quotient, minimum or maximum with
  /// one number. What a product kernel computes in its epilogue is not taken away from it.
  package func tableChain(
    endingAt last: ValueID, accepting accepts: (ValueID) -> Bool
  ) -> TableChain? {
    var members: [ValueID] = []
    var steps: [@Sendable (Float) -> Float] = []
    var current = resolve(last)
    while let (operand, step) = tableStep(current), accepts(current),
      members.isEmpty || (hasOneUse(current) && !endsProduct(current, accepts))
    {
      members.insert(current, at: 0)
      steps.insert(step, at: 0)
      current = operand
    }
    guard !members.isEmpty else { return nil }
    let functions = steps
    return TableChain(base: current, members: members) { x in
      functions.reduce(x) { $1($0) }
    }
  }

  private func endsProduct(_ id: ValueID, _ accepts: (ValueID) -> Bool) -> Bool {
    guard let chain = kernelChain(endingAt: id, accepting: accepts) else { return false }
    if case .binary = op(chain.anchor) { return false }
    return true
  }

  private func tableStep(_ id: ValueID) -> (ValueID, @Sendable (Float) -> Float)? {
    switch op(id) {
    case .unary(let function):
      guard type(of: id).element == .f32, function.value(at: 0) != nil else { return nil }
      return (operand(0, of: id), { function.value(at: $0) ?? $0 })
    case .binary(let function):
      let (lhs, rhs) = (operand(0, of: id), operand(1, of: id))
      if let number = scalar(rhs), type(of: lhs) == type(of: id),
        let apply = function.arithmetic
      {
        return (lhs, { apply($0, number) })
      }
      if let number = scalar(lhs), type(of: rhs) == type(of: id),
        let apply = function.arithmetic
      {
        return (rhs, { apply(number, $0) })
      }
      return nil
    default:
      return nil
    }
  }
}

extension BinaryFunction {
  /// The function of two numbers, by the sentences of `Documentation/Quantization.md`; `nil` for
  /// those that no table is made of.
  fileprivate var arithmetic: (@Sendable (Float, Float) -> Float)? {
    switch self {
    case .add: { $0 + $1 }
    case .sub: { $0 - $1 }
    case .mul: { $0 * $1 }
    case .div: { $0 / $1 }
    case .min: { $0 < $1 ? $0 : $1 }
    case .max: { $0 > $1 ? $0 : $1 }
    case .pow, .mod, .fmod, .prelu, .equal, .less, .greater, .lessOrEqual, .greaterOrEqual, .and,
      .or, .xor:
      nil
    }
  }
}
