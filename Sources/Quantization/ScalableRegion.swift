import GraphIR
import Tensors

/// What a convolution makes, and what is made of it, up to the convolutions that read it: values
/// whose channels may be multiplied by positive factors, if the rows of the weights before and the
/// columns of the weights behind take the factors in.
struct ScalableRegion {
  /// The convolution in front.
  let producer: ValueID
  /// The values, the producer's first; channels are on axis 1.
  private(set) var values: [ValueID] = []
  /// The values that convolutions and pools read: those that are stored.
  private(set) var stored: [ValueID] = []
  /// The convolutions behind.
  private(set) var consumers: [ValueID] = []

  /// Fails where something else than relu, leaky relu, pooling and convolutions with constant
  /// weights reads the values, or an output of the model is among them.
  ///
  /// - Parameters:
  ///   - producer: the convolution in front.
  ///   - graph: with the constants that are read.
  ///   - uses: of the graph's values.
  ///   - accepts: whether an op may become integer.
  init?(
    after producer: ValueID, in graph: Graph, uses: [[Use]], accepting accepts: (ValueID) -> Bool
  ) {
    guard graph.isConvOfConstants(producer), accepts(producer) else { return nil }
    self.producer = producer
    var pending = [producer]
    while let value = pending.popLast() {
      guard !graph.isOutput(value) else { return nil }
      values.append(value)
      var isStored = false
      for use in uses[value.index] {
        guard accepts(use.user) else { return nil }
        switch graph.op(use.user) {
        case .unary(.relu), .unary(.leakyRelu): pending.append(use.user)
        case .pool:
          isStored = true
          pending.append(use.user)
        case .conv:
          guard use.operandIndex == 0, graph.isConvOfConstants(use.user) else { return nil }
          isStored = true
          consumers.append(use.user)
        default: return nil
        }
      }
      if isStored { stored.append(value) }
    }
    guard !consumers.isEmpty else { return nil }
  }
}

extension Graph {
  /// A convolution of f32 whose weights, and bias if it has one, are constants.
  fileprivate func isConvOfConstants(_ id: ValueID) -> Bool {
    guard case .conv = op(id), type(of: id).element == .f32 else { return false }
    return operands(of: id).dropFirst().allSatisfy { constant($0)?.element == .f32 }
  }
}
