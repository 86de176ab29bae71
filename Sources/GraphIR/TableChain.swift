import Tensors

/// Functions of one element with one operand in common, so that one 256-entry table computes them
/// all: a chain like `relu(x + 1)`, or one that branches and joins like `x · tanh(softplus(x))`.
package struct TableChain: Sendable {
  /// What the first functions read.
  package let base: ValueID
  /// The ops, each behind those that it reads; none but the last is used elsewhere.
  package let members: [ValueID]
  /// All of them after each other.
  package let value: @Sendable (Float) -> Float

  /// `sigmoid`, or `add+relu` for several.
  package func function(in graph: Graph) -> String {
    members.map { graph.op($0).mnemonic }.joined(separator: "+")
  }
}

extension Graph {
  /// The largest chain of functions that ends with `last`; `nil` when that is no such function.
  ///
  /// A function is a unary one, or a sum, difference, product, quotient, minimum or maximum with
  /// one number, or one of these but the quotient of two values of the chain. What a product
  /// kernel computes in its epilogue is not taken away from it.
  package func tableChain(
    endingAt last: ValueID, accepting accepts: (ValueID) -> Bool
  ) -> TableChain? {
    let last = resolve(last)
    guard let step = tableStep(last), accepts(last) else { return nil }
    var steps = [last: step]
    var largest: (base: ValueID, steps: [ValueID: TableStep])?
    while steps.count <= Self.tableMemberLimit {
      let outside = Set(steps.values.flatMap(\.operands)).filter { steps[$0] == nil }.sorted()
      if outside.count == 1 { largest = (outside[0], steps) }
      let next = outside.first { id in
        tableStep(id) != nil && accepts(id) && !endsProduct(id, accepts)
          && useCount(of: id) == steps.values.uses(of: id)
      }
      guard let next, let step = tableStep(next) else { break }
      steps[next] = step
    }
    return largest.map { tableChain($0.base, $0.steps, last) }
  }

  /// More members than any function that an exporter expands.
  private static var tableMemberLimit: Int { 64 }

  private func tableChain(
    _ base: ValueID, _ steps: [ValueID: TableStep], _ last: ValueID
  ) -> TableChain {
    var members: [ValueID] = []
    var places = [base: 0]
    func place(_ id: ValueID) {
      guard places[id] == nil, let step = steps[id] else { return }
      step.operands.forEach(place)
      members.append(id)
      places[id] = members.count
    }
    place(last)
    let functions = members.compactMap { steps[$0] }.map { step in
      (operands: step.operands.compactMap { places[$0] }, value: step.value)
    }
    return TableChain(base: base, members: members) { x in
      var values = [x]
      for function in functions {
        values.append(function.value(function.operands.map { values[$0] }))
      }
      return values[functions.count]
    }
  }

  private func endsProduct(_ id: ValueID, _ accepts: (ValueID) -> Bool) -> Bool {
    guard let chain = kernelChain(endingAt: id, accepting: accepts) else { return false }
    if case .binary = op(chain.anchor) { return false }
    return true
  }

  private func tableStep(_ id: ValueID) -> TableStep? {
    switch op(id) {
    case .unary(let function):
      guard type(of: id).element == .f32, function.value(at: 0) != nil else { return nil }
      return TableStep(operands: [operand(0, of: id)]) { function.value(at: $0[0]) ?? $0[0] }
    case .binary(let function):
      let (lhs, rhs) = (operand(0, of: id), operand(1, of: id))
      guard let apply = function.arithmetic else { return nil }
      if let number = scalar(rhs), type(of: lhs) == type(of: id) {
        return TableStep(operands: [lhs]) { apply($0[0], number) }
      }
      if let number = scalar(lhs), type(of: rhs) == type(of: id) {
        return TableStep(operands: [rhs]) { apply(number, $0[0]) }
      }
      guard function != .div, type(of: lhs) == type(of: id), type(of: rhs) == type(of: id) else {
        return nil
      }
      return TableStep(operands: [lhs, rhs]) { apply($0[0], $0[1]) }
    default:
      return nil
    }
  }
}

/// One function of a chain.
private struct TableStep: Sendable {
  /// One value, or two, perhaps the same.
  let operands: [ValueID]
  let value: @Sendable ([Float]) -> Float
}

extension Collection where Element == TableStep {
  /// How often the functions read `id`.
  fileprivate func uses(of id: ValueID) -> Int {
    reduce(0) { count, step in count + step.operands.count { $0 == id } }
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
