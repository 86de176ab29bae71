import Diagnostics
import GraphIR
import KernelIR
import QuantMath
import Tensors

extension Lowering {
  /// `q.attention`: one kernel for all heads.
  mutating func lower(_ attention: QuantizedAttention, _ id: ValueID) throws(Diagnostic) {
    let operands = graph.operands(of: id)
    let types = operands.map { graph.type(of: $0) }
    let shape = try attentionShape(id)
    var views: [View] = []
    for operand in operands { views.append(try headOperand(operand)) }
    let output = allocateHeads(id, shape)
    let scales = types.prefix(3).map { $0.quantization?.scale ?? 1 }
    var result = AttentionKernel.Result.float
    let isNormalized = attention.probabilities == .faithful
    let multiplier: Float
    switch attention.result {
    case .float:
      multiplier =
        isNormalized
        ? try Multiplier.floatResult(lhsScale: Attention.probabilityScale, rhsScale: scales[2])
        : scales[2]
    case .quantized(let element, let params):
      let stored = storedParams(element, params)
      result = .requantize(zeroPoint: stored.zeroPoint, bounds: storedBounds(.none, stored))
      multiplier =
        isNormalized
        ? try Multiplier.product(
          lhsScale: Attention.probabilityScale, rhsScale: scales[2], outputScale: params.scale)
        : try Multiplier.rescale(inputScale: scales[2], outputScale: params.scale)
    }
    let kernel = AttentionKernel(
      batch: shape.batch, heads: shape.heads, groups: shape.groups, queries: shape.queries,
      keys: shape.keys, depth: shape.depth, columns: shape.columns, q: kernelOperand(views[0]),
      k: kernelOperand(views[1]), v: kernelOperand(views[2]),
      mask: views.count > 3 ? kernelOperand(views[3]) : nil, output: kernelOperand(output),
      qZeroPoint: Lowering.storedZeroPoint(types[0]),
      scoreMultiplier: try Multiplier.attentionScores(
        qScale: scales[0], kScale: scales[1], scale: attention.scale),
      multiplier: multiplier, isNormalized: isNormalized, result: result)
    try emit(kernel.call(), views, makes: id)
  }

  private func attentionShape(_ id: ValueID) throws(Diagnostic) -> AttentionShape {
    let shapes = graph.operands(of: id).map { graph.shape(of: $0) }
    guard let shape = AttentionShape(q: shapes[0], k: shapes[1], v: shapes[2], mask: nil) else {
      throw Diagnostic(.internalError, "an attention of other shapes", at: location(id))
    }
    return shape
  }

  /// The operand with one stride per axis and contiguous columns, never a caller's own.
  private mutating func headOperand(_ id: ValueID) throws(Diagnostic) -> View {
    let view = try view(id)
    if isInput(view) { return try copied(view, named: id) }
    let last = view.shape.rank - 1
    if let strides = view.layout.strides,
      view.shape[last] == 1 || strides[last] == view.elementBytes
    {
      return view
    }
    return try rowMajor(view, named: id)
  }

  private func kernelOperand(_ view: View) -> AttentionKernel.Operand {
    let strides = view.layout.strides ?? []
    func stride(_ fromLast: Int) -> Int {
      strides.count > fromLast ? strides[strides.count - 1 - fromLast] : 0
    }
    return AttentionKernel.Operand(
      origin: view.layout.origin, batch: stride(3), head: stride(2), row: stride(1))
  }

  /// A place for the heads' results in the order that joins the heads of a query: `[b, s, h, e]`.
  private mutating func allocateHeads(_ id: ValueID, _ shape: AttentionShape) -> View {
    let type = graph.type(of: id)
    let element = Lowering.stored(type.element)
    let storage = addStorage(
      Storage(
        place: .arena, byteCount: element.byteCount(of: type.shape.elementCount),
        name: graph[id].name))
    let head = shape.columns * element.bitWidth / 8
    let row = shape.heads * head
    let strides = [shape.queries * row, head, row, element.bitWidth / 8]
    let view = View(
      storage: storage, element: element, shape: type.shape,
      layout: StridedLayout(
        extents: type.shape.dims, strides: Array(strides.suffix(type.shape.rank))))
    setView(view, of: id)
    return view
  }

  // MARK: In float

  /// An attention of floats as its definition: two products around a softmax.
  mutating func lower(_ attention: Attention, _ id: ValueID) throws(Diagnostic) {
    guard attention.probabilities == .float else {
      throw Diagnostic(
        .unsupportedKernel, "attention of floats with rounded probabilities", at: location(id))
    }
    let operands = graph.operands(of: id)
    try requireF32(operands, for: id)
    let shape = try attentionShape(id)
    var views: [View] = []
    for operand in operands { views.append(try headOperand(operand)) }
    let scoreShape = try Shape([
      shape.batch, shape.groups, shape.heads / shape.groups, shape.queries, shape.keys,
    ])
    var scores = temporary(scoreShape, "scores of", id)
    try multiply(
      headMatrix(views[0], shape), headMatrix(views[1], shape, isTurned: true), k: shape.depth,
      views: [views[0], views[1]], into: scores, id)
    if attention.scale != 1 || views.count > 3 {
      let scaled = temporary(scoreShape, "masked scores of", id)
      try scale(scores, attention.scale, mask: views.count > 3 ? views[3] : nil, into: scaled, id)
      scores = scaled
    }
    let probabilities = temporary(scoreShape, "probabilities of", id)
    let softmax = FloatSoftmaxKernel(
      .rows(order: .lanes), attention.isSafe ? .safe : .plain,
      outer: scoreShape.elementCount / shape.keys, count: shape.keys)
    emit(softmax.call(), [scores], into: probabilities, value: nil, opName: opName(id))
    let output = allocateHeads(id, shape)
    let strides = scoreShape.strides.map { $0 * 4 }
    try multiply(
      FloatMatMulKernel.Operand(batch: Array(strides.prefix(3)), row: strides[3]),
      headMatrix(views[2], shape), k: shape.keys, views: [probabilities, views[2]], into: output,
      id, value: id)
  }

  private mutating func temporary(_ shape: Shape, _ what: String, _ id: ValueID) -> View {
    let storage = addStorage(
      Storage(
        place: .arena, byteCount: shape.elementCount * 4, name: "\(what) \(graph[id].name)"))
    return View(
      storage: storage, element: .f32, shape: shape, layout: .rowMajor(shape, elementBytes: 4))
  }

  /// One matrix for each image, group, and head in the group.
  private func headMatrix(
    _ view: View, _ shape: AttentionShape, isTurned: Bool = false
  ) -> FloatMatMulKernel.Operand {
    let (operand, rank) = (kernelOperand(view), view.shape.rank)
    let perGroup = shape.heads / shape.groups
    let isGrouped = view.shape[rank - 3] == shape.groups
    let batch =
      isGrouped && perGroup > 1
      ? [operand.batch, operand.head, 0] : [operand.batch, operand.head * perGroup, operand.head]
    return isTurned
      ? FloatMatMulKernel.Operand(
        origin: operand.origin, batch: batch, row: 4, column: operand.row)
      : FloatMatMulKernel.Operand(origin: operand.origin, batch: batch, row: operand.row)
  }

  private mutating func multiply(
    _ lhs: FloatMatMulKernel.Operand, _ rhs: FloatMatMulKernel.Operand, k: Int, views: [View],
    into output: View, _ id: ValueID, value: ValueID? = nil
  ) throws(Diagnostic) {
    let shape = try attentionShape(id)
    let perGroup = shape.heads / shape.groups
    let place = kernelOperand(output)
    let isResult = value != nil
    let strides = output.layout.strides ?? []
    let kernel: FloatMatMulKernel
    do throws(Diagnostic) {
      kernel = try FloatMatMulKernel(
        batch: [shape.batch, shape.groups, perGroup], m: shape.queries,
        n: isResult ? shape.columns : shape.keys, k: k, lhs: lhs, rhs: rhs,
        output: FloatMatMulKernel.Operand(
          batch: isResult
            ? [place.batch, place.head * perGroup, place.head] : Array(strides.prefix(3)),
          row: isResult ? place.row : strides[3]))
    } catch {
      throw Diagnostic(error.code, error.message, at: location(id), hint: error.hint)
    }
    emit(kernel.call(), views, into: output, value: value, opName: opName(id))
  }

  /// `scores · scale + mask`.
  private mutating func scale(
    _ scores: View, _ factor: Float, mask: View?, into output: View, _ id: ValueID
  ) throws(Diagnostic) {
    var expression = MapExpression(.f32, inputs: mask == nil ? [.f32] : [.f32, .f32])
    var scaled = 0
    if factor != 1 {
      let number = expression.apply(.constant, constants: [Double(factor)])
      scaled = expression.apply(.mul, 0, number)
    }
    if mask != nil { expression.apply(.add, scaled, 1) }
    let dims = scores.shape.dims
    let rowMajor = dims.indices.map { dims[($0 + 1)...].reduce(4, *) }
    var strides = [rowMajor]
    if let mask {
      let place = kernelOperand(mask)
      strides.append([place.batch, place.head * dims[2], place.head, place.row, 4])
    }
    do throws(Diagnostic) {
      let loop = try StridedLoop(
        extents: dims, strides: strides + [rowMajor],
        origins: [0] + (mask.map { [$0.layout.origin] } ?? []) + [0])
      emit(
        MapKernel(expression, loop: loop).call(), [scores] + (mask.map { [$0] } ?? []),
        into: output, value: nil, opName: opName(id))
    } catch {
      throw Diagnostic(error.code, error.message, at: location(id), hint: error.hint)
    }
  }
}
