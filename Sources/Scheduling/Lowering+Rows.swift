import Diagnostics
import GraphIR
import KernelIR
import Tensors

extension Lowering {
  mutating func lower(_ softmax: Softmax, _ id: ValueID) throws(Diagnostic) {
    let operand = graph.operand(0, of: id)
    try requireF32([operand], for: id)
    let source = try wholeRowMajor(operand)
    let dims = source.shape.dims
    let outer = dims[..<softmax.axis].reduce(1, *)
    let inner = dims[(softmax.axis + 1)...].reduce(1, *)
    _ = allocateRowMajor(id)
    let form: FloatSoftmaxKernel.Form
    if softmax.axis == dims.count - 1 {
      form = .rows(order: .lanes)
    } else {
      form = inner == 1 ? .rows(order: .chain) : .columns(inner: inner)
    }
    let kernel = FloatSoftmaxKernel(
      form, FloatSoftmaxKernel.Kind(softmax.kind), outer: outer, count: dims[softmax.axis])
    try emit(kernel.call(), [source], makes: id)
  }

  /// A normalization, with the sum before it and the quantization behind it where it takes them in.
  mutating func lower(_ norm: Normalization, _ id: ValueID, isRMS: Bool) throws(Diagnostic) {
    let operands = graph.operands(of: id)
    try requireF32(operands, for: id)
    let hasAddend = normFusions.absorbed.contains(operands[0])
    let inputs = hasAddend ? graph.operands(of: operands[0]) : [operands[0]]
    let shape = graph.shape(of: operands[0])
    let count = shape.dims[norm.axis...].reduce(1, *)
    var views: [View] = []
    for input in inputs { views.append(try wholeRowMajor(input)) }
    for operand in operands.dropFirst() {
      guard graph.shape(of: operand).elementCount == count else {
        throw Diagnostic(
          .unsupportedKernel, "a normalization whose scale is broadcast", at: location(id))
      }
      views.append(try wholeRowMajor(operand))
    }
    let factors = normFusions.factors[id]
    if let factors { views.append(try wholeRowMajor(factors)) }
    let quantizer = normFusions.quantizers[id]
    var store = FloatNormalizationKernel.Store.float
    let storesFloats = quantizer == nil || normFusions.storesFloats.contains(id)
    if let quantizer, case .quantize(let quantize) = graph.op(quantizer) {
      let stored = storedParams(quantize.element, quantize.params)
      store =
        storesFloats
        ? .both(scale: stored.scale, zeroPoint: stored.zeroPoint)
        : .bytes(scale: stored.scale, zeroPoint: stored.zeroPoint)
      _ = allocateRowMajor(quantizer)
    }
    if storesFloats { _ = allocateRowMajor(id) }
    let kernel = FloatNormalizationKernel(
      isRMS ? .rms : .layer(hasBias: operands.count == 3),
      rows: shape.elementCount / max(count, 1), count: count, epsilon: norm.epsilon,
      hasAddend: hasAddend, hasFactors: factors != nil, store: store)
    let value = storesFloats ? id : quantizer ?? id
    var side: View?
    if let quantizer, storesFloats { side = try view(quantizer) }
    emit(
      kernel.call(), views, into: try view(value), side: side, value: value, opName: opName(id))
  }

  /// Reduced axes and the others, with the strides of the operand's own layout.
  mutating func lower(_ reduction: Reduction, _ id: ValueID) throws(Diagnostic) {
    let operand = graph.operand(0, of: id)
    try requireF32([operand], for: id)
    let shape = graph.shape(of: operand)
    var source = try view(operand)
    let isTrailing =
      reduction.axes == Array((shape.rank - reduction.axes.count)..<shape.rank)
    if source.layout.strides == nil || isTrailing { source = try wholeRowMajor(operand) }
    let strides = source.layout.strides ?? []
    let kept = shape.dims.indices.filter { !reduction.axes.contains($0) }
    _ = allocateRowMajor(id)
    let resultStrides = StridedLoop.rowMajor(kept.map { shape[$0] }, elementBytes: 4)
    var outer = Array(zip(kept, resultStrides))
    var inner = 1
    if let last = outer.last, strides[last.0] == 4, last.1 == 4 {
      inner = shape[last.0]
      outer.removeLast()
    }
    do throws(Diagnostic) {
      let kernel = try ReduceKernel(
        reduction.kind.kernelKind, order: isTrailing ? .lanes : .chain,
        outer: (outer.map { shape[$0.0] }, outer.map { strides[$0.0] }, outer.map(\.1)),
        reduced: (reduction.axes.map { shape[$0] }, reduction.axes.map { strides[$0] }),
        inner: inner, inputOrigin: source.layout.origin)
      try emit(kernel.call(), [source], makes: id)
    } catch {
      throw Diagnostic(error.code, error.message, at: location(id), hint: error.hint)
    }
  }
}

extension Reduction.Kind {
  fileprivate var kernelKind: ReduceKernel.Kind {
    switch self {
    case .sum: .sum
    case .mean: .mean
    case .max: .max
    case .min: .min
    case .prod: .prod
    case .sumOfSquares: .sumOfSquares
    case .l1: .l1
    case .l2: .l2
    }
  }
}

extension FloatSoftmaxKernel.Kind {
  fileprivate init(_ kind: Softmax.Kind) {
    self =
      switch kind {
      case .plain: .plain
      case .log: .log
      case .safe: .safe
      }
  }
}
