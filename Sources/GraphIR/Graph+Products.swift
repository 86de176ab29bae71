import Tensors

extension Graph {
  /// Products that are summed for each element of a value.
  package func productsPerElement(_ id: ValueID) -> Int {
    switch op(id) {
    case .conv:
      shape(of: operand(1, of: id)).dims.dropFirst().reduce(1, *)
    case .matMul:
      shape(of: operand(0, of: id)).dims.last ?? 1
    case .attention:
      // Of a score and of a result, for each key.
      2 * (shape(of: operand(1, of: id)).dims.dropLast().last ?? 1)
    default:
      0
    }
  }

  /// The elements of a value, and 8 for each score of an attention, of which the exponentials are
  /// computed.
  package func elementWork(_ id: ValueID) -> Double {
    let count = Double(shape(of: id).elementCount)
    guard case .attention = op(id), case let (q, k) = (operand(0, of: id), operand(1, of: id)),
      let depth = shape(of: q).dims.last, let keys = shape(of: k).dims.dropLast().last
    else { return count }
    return count + 8 * Double(shape(of: q).elementCount / max(depth, 1)) * Double(keys)
  }
}
