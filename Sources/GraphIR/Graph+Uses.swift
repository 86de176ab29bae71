/// One place where a value is read.
package struct Use: Hashable, Sendable {
  package let user: ValueID
  package let operandIndex: Int
}

extension Graph {
  /// Who reads each value, indexed by value; outputs are not counted (see ``isOutput(_:)``).
  package func uses() -> [[Use]] {
    var result = [[Use]](repeating: [], count: nodes.count)
    for id in values where resolve(id) == id {
      for (index, operand) in operands(of: id).enumerated() {
        result[operand.index].append(Use(user: id, operandIndex: index))
      }
    }
    return result
  }

  package func isOutput(_ id: ValueID) -> Bool {
    let value = resolve(id)
    return outputs.contains { $0.value == value }
  }
}
