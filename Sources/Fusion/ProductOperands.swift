import Diagnostics
import GraphIR
import QuantMath
import Tensors

/// What an integer product reads, taken from a chain whose operands are dequantized.
struct ProductOperands {
  /// lhs, rhs, and what else the op has, in its order.
  private(set) var operands: [ValueID]
  /// The `dequantize` ops that are folded.
  private(set) var pairs: [ValueID]
  private(set) var hasBias = false

  /// - Returns: `nil` when an operand is no integer tensor that the op takes.
  /// - Throws: `QC3002` for weights with zero points, `QC3007` when a sum may overflow.
  init?(_ chain: KernelChain, in graph: inout Graph) throws(Diagnostic) {
    let (x, w) = (graph.operand(0, of: chain.anchor), graph.operand(1, of: chain.anchor))
    guard let lhs = graph.integers(x), case .dequantize = graph.op(w),
      let lhsParams = graph.quantization(of: lhs)
    else { return nil }
    let title = graph.place(of: chain)
    guard let rhs = try graph.symmetricWeights(w, of: chain.anchor, title) else { return nil }
    operands = [lhs, rhs]
    pairs = [x, w]
    var biasValues: [Int32] = []
    if let bias = graph.biasOperand(of: chain) {
      guard let integers = try graph.integerBias(bias, lhsParams, rhs) else { return nil }
      operands.append(integers.value)
      biasValues = integers.values
      if case .dequantize = graph.op(bias) { pairs.append(bias) }
      hasBias = true
    } else if case .conv = graph.op(chain.anchor) {
      let count = graph.shape(of: rhs)[0]
      operands.append(
        graph.appendConstant(
          try Tensor(.i32, try Shape([count]), [Int32](repeating: 0, count: count))))
    }
    if let residual = chain.residual {
      guard let integers = graph.integers(residual) else { return nil }
      operands.append(integers)
      pairs.append(residual)
    }
    guard let proof = graph.proof(of: chain.anchor, lhs: lhs, rhs: rhs, bias: biasValues) else {
      return nil
    }
    try proof.require(at: title)
  }
}

extension Graph {
  fileprivate func place(of chain: KernelChain) -> String {
    let node = self[chain.anchor]
    return node.source.isEmpty ? self[chain.last].name : node.source
  }

  fileprivate func biasOperand(of chain: KernelChain) -> ValueID? {
    if let add = chain.biasAdd { return operand(1, of: add) }
    guard case .conv = op(chain.anchor), operands(of: chain.anchor).count == 3 else { return nil }
    return operand(2, of: chain.anchor)
  }

  /// The i8 integers with zero point 0 of a right operand; u8 weights around 128 are shifted.
  fileprivate mutating func symmetricWeights(
    _ dequantize: ValueID, of anchor: ValueID, _ title: String
  ) throws(Diagnostic) -> ValueID? {
    let source = operand(0, of: dequantize)
    guard let params = quantization(of: source), case let type = type(of: source),
      type.element == .i8 || type.element == .u8
    else { return nil }
    let axis: Int
    switch op(anchor) {
    case .conv: axis = 0
    default: axis = type.shape.rank - 1
    }
    guard params.isPerTensor || params.granularity == .perChannel(axis: axis) else { return nil }
    if type.element == .i8, params.isSymmetric { return source }
    guard type.element == .u8, params.zeroPoints.allSatisfy({ $0 == 128 }),
      let tensor = constant(source), let values = tensor.integers
    else {
      throw Diagnostic(
        .asymmetricWeights, "the weights have zero points other than 0", at: title,
        hint: "quantize them symmetrically, or give quantc the float model")
    }
    return appendConstant(
      try Tensor.integers(.i8, type.shape, values.map { $0 - 128 }),
      quantization: try QuantParams(
        params.granularity, scales: params.scales,
        zeroPoints: [Int32](repeating: 0, count: params.scales.count)))
  }

  /// The bias in units of `lhsScale * rhsScale[c]`; `nil` when it does not fit int32.
  fileprivate mutating func integerBias(
    _ bias: ValueID, _ lhs: QuantParams, _ rhs: ValueID
  ) throws(Diagnostic) -> (value: ValueID, values: [Int32])? {
    guard let weights = quantization(of: rhs) else { return nil }
    let count = shape(of: bias).elementCount
    let units = (0..<count).map { c in
      Double(lhs.scale) * Double(weights.scales[weights.isPerTensor ? 0 : c])
    }
    let reals: [Double]
    if case .dequantize = op(bias) {
      let source = operand(0, of: bias)
      guard let tensor = constant(source), tensor.element == .i32,
        let params = quantization(of: source), params.isSymmetric
      else { return nil }
      let scales = (0..<count).map { Double(params.scales[params.isPerTensor ? 0 : $0]) }
      let values = tensor.elements(Int32.self)
      if zip(scales, units).allSatisfy({ abs($0 - $1) <= 1e-6 * $1 }) { return (source, values) }
      reals = zip(values, scales).map { Double($0) * $1 }
    } else {
      guard let tensor = constant(bias), tensor.element == .f32 else { return nil }
      reals = tensor.floats.map { Double($0) }
    }
    let values = zip(reals, units).map { ($0 / $1).rounded(.toNearestOrEven) }
    guard values.allSatisfy({ $0.magnitude <= Double(Int32.max) }) else { return nil }
    let integers = values.map { Int32($0) }
    let constant = appendConstant(
      try Tensor(.i32, try Shape([count]), integers),
      quantization: try QuantParams(
        .perChannel(axis: 0), scales: units.map { Float($0) },
        zeroPoints: [Int32](repeating: 0, count: count)))
    return (constant, integers)
  }

  /// The bound of the op's sums.
  fileprivate func proof(
    of anchor: ValueID, lhs: ValueID, rhs: ValueID, bias: [Int32]
  ) -> AccumulatorProof? {
    let activations = AccumulatorProof.Activations(type(of: lhs))
    guard let tensor = constant(rhs) else {
      let depth = shape(of: rhs).dims.dropLast().last ?? 1
      let column = [Int8](repeating: -128, count: depth)
      return AccumulatorProof(columns: [column], bias: bias, activations: activations)
    }
    let isConv = if case .conv = op(anchor) { true } else { false }
    return AccumulatorProof(
      weights: tensor.elements(Int8.self), columnCount: tensor.shape[isConv ? 0 : 1],
      layout: isConv ? .columnsTogether : .rowsTogether, bias: bias,
      activations: activations)
  }
}
