import Tensors

/// What rewrite rules ask about the surroundings of a value.
extension Graph {
  /// How many operands and outputs read the value. Nodes that nothing needs count until the next
  /// ``compact()``.
  package func useCount(of id: ValueID) -> Int {
    let value = resolve(id)
    var count = 0
    for output in outputs where output.value == value { count += 1 }
    for user in values where resolve(user) == user {
      for operand in nodes[user.index].operands where resolve(operand) == value { count += 1 }
    }
    return count
  }

  package func hasOneUse(_ id: ValueID) -> Bool { useCount(of: id) == 1 }

  /// The number in an f32 constant of one element.
  package func scalar(_ id: ValueID) -> Float? {
    guard let tensor = constant(id), tensor.element == .f32, tensor.shape.elementCount == 1
    else { return nil }
    return tensor.floats[0]
  }

  /// The constant as one number for each of `count` positions along `axis`, when it broadcasts to
  /// a tensor of `rank` axes and differs along no other one.
  package func constant(_ id: ValueID, alongAxis axis: Int, of rank: Int, count: Int) -> [Float]? {
    guard let tensor = constant(id), tensor.element == .f32, tensor.shape.rank <= rank else {
      return nil
    }
    if tensor.shape.elementCount == 1 { return [Float](repeating: tensor.floats[0], count: count) }
    let lead = rank - tensor.shape.rank
    let dims = [Int](repeating: 1, count: lead) + tensor.shape.dims
    for (index, dim) in dims.enumerated() where dim != (index == axis ? count : 1) { return nil }
    return tensor.floats
  }

  /// The operand of a unary function of this kind.
  package func operand(of id: ValueID, where matches: (UnaryFunction) -> Bool) -> ValueID? {
    guard case .unary(let function) = op(id), matches(function) else { return nil }
    return operand(0, of: id)
  }
}
