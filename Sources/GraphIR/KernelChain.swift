import Tensors

/// What one integer kernel computes: an anchor op, and what its epilogue does before the store.
///
/// `clamp(anchor(…) + bias + residual)`, each part but the anchor optional; instead of the clamp a
/// product may have an activation. This is the rule of what joins: Quantization puts no pair inside
/// a chain, and Fusion makes one op of it.
package struct KernelChain: Hashable, Sendable {
  /// A conv or matmul, or an add, sub or mul of two activations.
  package let anchor: ValueID
  /// The add that gives a matmul its bias, as its second operand.
  package let biasAdd: ValueID?
  /// The add whose other operand is ``residual``.
  package let residualAdd: ValueID?
  package let residual: ValueID?
  package let clamp: ClampBounds
  /// Only of a conv or a matmul.
  package let activation: UnaryFunction?
  /// What is stored.
  package let last: ValueID

  /// The values of the chain, from the anchor to ``last``.
  package var members: [ValueID] {
    var result = [anchor]
    for next in [biasAdd, residualAdd, last] {
      if let next, next != result[result.count - 1] { result.append(next) }
    }
    return result
  }
}

extension Graph {
  /// The chain that ends with `last`, whose values but the last have no other use.
  ///
  /// - Parameters:
  ///   - last: what the kernel stores.
  ///   - accepts: whether the op may be part of an integer kernel.
  /// - Returns: `nil` when no chain ends there.
  package func kernelChain(
    endingAt last: ValueID, accepting accepts: (ValueID) -> Bool
  ) -> KernelChain? {
    var (current, clamp) = (resolve(last), ClampBounds.none)
    var activation: UnaryFunction?
    if case .unary(let function) = op(current),
      function.clampBounds != nil || function.joinsProducts
    {
      guard accepts(current) else { return nil }
      if let bounds = function.clampBounds { clamp = bounds } else { activation = function }
      current = operand(0, of: current)
      guard hasOneUse(current) else { return nil }
    }
    if let (anchor, biasAdd) = product(endingAt: current, accepting: accepts) {
      return KernelChain(
        anchor: anchor, biasAdd: biasAdd, residualAdd: nil, residual: nil, clamp: clamp,
        activation: activation, last: resolve(last))
    }
    guard case .binary(let function) = op(current), accepts(current) else { return nil }
    if function == .add, let (anchor, biasAdd, residual) = residualSum(current, accepts) {
      return KernelChain(
        anchor: anchor, biasAdd: biasAdd, residualAdd: current, residual: residual, clamp: clamp,
        activation: activation, last: resolve(last))
    }
    guard [.add, .sub, .mul].contains(function), activation == nil else { return nil }
    return KernelChain(
      anchor: current, biasAdd: nil, residualAdd: nil, residual: nil, clamp: clamp,
      activation: nil, last: resolve(last))
  }

  /// A conv, a matmul, or the sum of a matmul and its bias, that makes `value`.
  package func product(
    endingAt value: ValueID, accepting accepts: (ValueID) -> Bool
  ) -> (anchor: ValueID, biasAdd: ValueID?)? {
    switch op(value) {
    case .conv, .matMul:
      return accepts(value) ? (value, nil) : nil
    case .binary(.add):
      let product = operand(0, of: value)
      guard case .matMul = op(product), isBias(operand(1, of: value), of: product),
        accepts(product), hasOneUse(product)
      else { return nil }
      return (product, value)
    default:
      return nil
    }
  }

  /// A constant, perhaps quantized, of one number for each column of the matmul.
  private func isBias(_ id: ValueID, of matMul: ValueID) -> Bool {
    let columns = shape(of: matMul).dims.last
    guard shape(of: id).dims == [columns] else { return false }
    if case .dequantize = op(id) { return constant(operand(0, of: id)) != nil }
    return constant(id) != nil
  }

  /// A sum of a product that has no other use and of a residual of the same shape. Of two products
  /// the later one is the anchor.
  private func residualSum(
    _ sum: ValueID, _ accepts: (ValueID) -> Bool
  ) -> (anchor: ValueID, biasAdd: ValueID?, residual: ValueID)? {
    let (lhs, rhs) = (operand(0, of: sum), operand(1, of: sum))
    guard lhs != rhs, shape(of: lhs) == shape(of: rhs) else { return nil }
    for (value, residual) in lhs > rhs ? [(lhs, rhs), (rhs, lhs)] : [(rhs, lhs), (lhs, rhs)] {
      if let (anchor, biasAdd) = product(endingAt: value, accepting: accepts), hasOneUse(value),
        constant(residual) == nil
      {
        return (anchor, biasAdd, residual)
      }
    }
    return nil
  }
}
