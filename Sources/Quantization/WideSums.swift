import GraphIR
import QuantMath
import Tensors

extension Graph {
  /// Whether the int32 sums of a convolution or matrix product hold 16-bit activations with this scale.
  ///
  /// Each weight may be rounded up by a whole step.
  func fitsWideSums(_ product: ValueID, scale: Float, _ uses: [[Use]]) -> Bool {
    guard let tensor = constant(operand(1, of: product)), tensor.element == .f32 else {
      return false
    }
    let isConv = if case .conv = op(product) { true } else { false }
    let columns = tensor.shape[isConv ? 0 : tensor.shape.rank - 1]
    let (weights, depth) = (tensor.floats, tensor.shape.elementCount / max(columns, 1))
    let bias = wideBias(of: product, isConv: isConv, uses)
    for column in 0..<columns {
      var (sum, largest) = (0.0, 0.0)
      for k in 0..<depth {
        let weight = Double(weights[isConv ? column * depth + k : k * columns + column].magnitude)
        sum += weight
        largest = max(largest, weight)
      }
      guard largest > 0 else { continue }
      let step = largest / Double(QuantizedWeights.bounds.upperBound)
      let stored = bias.map { Double($0[column].magnitude) / (step * Double(scale)) } ?? 0
      guard stored <= QuantizedBias.limit,
        (sum / step + Double(depth)) * 0x1p15 + stored < 0x1p31
      else { return false }
    }
    return true
  }

  /// The constant that is added to each column of a product.
  private func wideBias(of product: ValueID, isConv: Bool, _ uses: [[Use]]) -> [Float]? {
    if isConv {
      let operands = operands(of: product)
      return operands.count == 3 ? constant(operands[2])?.floats : nil
    }
    guard let sum = uses[product.index].first?.user,
      self.product(endingAt: sum, accepting: { _ in true })?.biasAdd == sum
    else { return nil }
    return constant(operand(1, of: sum))?.floats
  }
}
