import Diagnostics
import GraphIR
import Tensors

/// Attention, and the rotation of what it reads, as one ONNX op each.
let attentionRules: [ImportRule] = [
  ImportRule("Attention", since: 23, run: importAttention),
  ImportRule("RotaryEmbedding", since: 23, run: importRotaryEmbedding),
]

/// `softmax(softcap(scale · q · kᵀ) + bias) · v`, in the form that attention is recognized by.
///
/// A query whose keys are all hidden gives zeros.
private func importAttention(_ importer: inout Importer) throws(Diagnostic) {
  try importer.requireOperands(atMost: importer.opset < 24 ? 6 : 7)
  let settings = try AttentionSettings(&importer.attributes, opset: importer.opset)
  let rank = importer.shape(try importer.operand(0)).rank
  let operands = try importer.attentionOperands(settings)
  let mask = try importer.attentionMask(
    operands.shape, like: operands.q, reach: settings.reach, past: operands.past)
  let scores = try importer.emitScores(operands, settings, mask)
  var weights = try importer.emitWeights(scores, settings.precision)
  let showsWeights = settings.outputMode == 3 && importer.isRead(3)
  let zero = try importer.scalar(0, like: operands.q)
  if let hidden = mask.hidden, showsWeights {
    weights = try importer.emit(.select, [hidden, zero, weights])
  }
  if showsWeights { importer.setResult(weights, output: 3) }

  let values = try importer.repeated(operands.values, heads: operands.shape.heads)
  var last: (op: Op, operands: [ValueID]) = (.matMul, [weights, values])
  if let hidden = mask.hidden, !showsWeights {
    last = (.select, [hidden, zero, try importer.emit(last.op, last.operands)])
  }
  if rank == 3 {
    let heads = try importer.emit(last.op, last.operands)
    let turned = try importer.emit(.transpose(Transpose([0, 2, 1, 3])), [heads])
    let shape = operands.shape
    let joined = try Shape(checked: [shape.batch, shape.queries, shape.heads * shape.columns])
    last = (.reshape(Reshape(joined)), [turned])
  }
  try importer.emitResult(last.op, last.operands)
}

/// The attributes of an attention.
private struct AttentionSettings {
  let queryHeads: Int?
  let keyHeads: Int?
  /// `1 / √d` where it is missing.
  let scale: Float?
  /// The bound of the scores; 0 for none.
  let softcap: Float
  /// What the softmax is computed in; the operands' type where it is missing.
  let precision: ElementType?
  /// What the fourth output shows: scores, capped scores, scores with bias, or probabilities.
  let outputMode: Int
  let reach: KeyReach

  init(_ attributes: inout NodeAttributes, opset: Int) throws(Diagnostic) {
    queryHeads = try attributes.optionalInt("q_num_heads")
    keyHeads = try attributes.optionalInt("kv_num_heads")
    scale = try attributes.optionalFloat("scale")
    softcap = try attributes.float("softcap", default: 0)
    outputMode = try attributes.int("qk_matmul_output_mode", default: 0)
    precision = try attributes.optionalInt("softmax_precision").map { (number) throws(Diagnostic) in
      try ElementType(onnx: Int32(clamping: number))
    }
    let isCausal = try attributes.bool("is_causal", default: false)
    let before = opset < 25 ? -1 : try attributes.int("left_window_size", default: -1)
    let after = opset < 25 ? -1 : try attributes.int("right_window_size", default: -1)
    guard before >= -1, after >= -1, (0...3).contains(outputMode), softcap.isFinite,
      scale.map({ $0.isFinite && $0 >= 0 }) ?? true, precision?.isFloat ?? true
    else {
      throw Diagnostic(
        .invalidAttribute,
        """
        Attention with scale \(scale.map { "\($0)" } ?? "1/√d"), softcap \(softcap), windows \
        \(before) and \(after), output mode \(outputMode)
        """)
    }
    reach = KeyReach(
      before: before < 0 ? nil : before, after: isCausal ? 0 : after < 0 ? nil : after)
  }
}

/// What an attention reads, each `[b, heads, tokens, elements]`.
private struct AttentionOperands {
  let q: ValueID
  /// Past keys and values included; not repeated for groups of heads.
  let keys: ValueID
  let values: ValueID
  let shape: AttentionShape
  /// How many keys are past ones.
  let past: Int
}

extension Importer {
  /// The first six operands but the mask; sets the outputs of present keys and values.
  fileprivate mutating func attentionOperands(
    _ settings: AttentionSettings
  ) throws(Diagnostic) -> AttentionOperands {
    var operands: [ValueID] = []
    let counts = [settings.queryHeads, settings.keyHeads, settings.keyHeads]
    for (index, count) in counts.enumerated() {
      let id = try operand(index)
      operands.append(try withHeads(id, count: count))
    }
    let types = operands.map { type($0).element }
    guard types.allSatisfy({ $0 == types[0] }) else {
      throw Diagnostic(.elementTypeMismatch, "Attention of \(types.map(\.rawValue))")
    }
    for element in [types[0], settings.precision ?? .f32]
    where ![.f32, .f16, .f64].contains(element) {
      throw Diagnostic(
        .unsupportedElementType, "Attention in \(element.rawValue) is not supported",
        hint: "supported are f32, f16 and f64")
    }
    var past = 0
    let (pastKey, pastValue) = (try optionalOperand(4), try optionalOperand(5))
    guard (pastKey == nil) == (pastValue == nil) else {
      throw Diagnostic(.missingInput, "Attention needs both of past_key and past_value")
    }
    if let key = pastKey, let value = pastValue {
      operands[1] = try emit(.concat(Concatenation(axis: 2)), [key, operands[1]])
      operands[2] = try emit(.concat(Concatenation(axis: 2)), [value, operands[2]])
      past = shape(key)[2]
    }
    setResult(operands[1], output: 1)
    setResult(operands[2], output: 2)
    let shapes = operands.map { shape($0) }
    guard let shape = AttentionShape(q: shapes[0], k: shapes[1], v: shapes[2], mask: nil) else {
      throw Diagnostic(
        .shapeMismatch, "Attention of [\(shapes[0])], [\(shapes[1])] and [\(shapes[2])]")
    }
    return AttentionOperands(
      q: operands[0], keys: operands[1], values: operands[2], shape: shape, past: past)
  }

  /// `[b, tokens, heads · elements]` as `[b, heads, tokens, elements]`.
  private mutating func withHeads(_ id: ValueID, count: Int?) throws(Diagnostic) -> ValueID {
    let dims = shape(id).dims
    if dims.count == 4, count == nil || count == dims[1] { return id }
    guard dims.count == 3, let count, count > 0, dims[2] % count == 0 else {
      throw Diagnostic(
        .shapeMismatch,
        "Attention of [\(shape(id))] with \(count.map { "\($0)" } ?? "no number of") heads")
    }
    let split = try emitReshape(id, [dims[0], dims[1], count, dims[2] / count])
    return try emit(.transpose(Transpose([0, 2, 1, 3])), [split])
  }

  /// Each head repeated for the queries' heads that read it.
  fileprivate mutating func repeated(_ id: ValueID, heads: Int) throws(Diagnostic) -> ValueID {
    let dims = shape(id).dims
    guard dims[1] != heads else { return id }
    let single = try emitReshape(id, [dims[0], dims[1], 1, dims[2], dims[3]])
    let wide = try Shape(checked: [dims[0], dims[1], heads / dims[1], dims[2], dims[3]])
    let expanded = try emit(.expand(Reshape(wide)), [single])
    return try emitReshape(expanded, [dims[0], heads, dims[2], dims[3]])
  }

  /// What the softmax reads; sets the fourth output in the modes before it.
  fileprivate mutating func emitScores(
    _ operands: AttentionOperands, _ settings: AttentionSettings, _ mask: AttentionMask
  ) throws(Diagnostic) -> ValueID {
    let scale = settings.scale ?? 1 / Float(operands.shape.depth).squareRoot()
    let keys = try repeated(operands.keys, heads: operands.shape.heads)
    let turned = try emit(.transpose(Transpose([0, 1, 3, 2])), [keys])
    var scores: ValueID
    if type(operands.q).element == .f16 {
      // The root on both sides keeps the products inside of the range of f16.
      let root = try scalar(scale.squareRoot(), like: operands.q)
      let q = try emit(.binary(.mul), [operands.q, root])
      scores = try emit(.matMul, [q, try emit(.binary(.mul), [turned, root])])
    } else {
      let product = try emit(.matMul, [operands.q, turned])
      scores = try emit(.binary(.mul), [product, try scalar(scale, like: product)])
    }
    let shown = isRead(3) ? settings.outputMode : 3
    if shown == 0 { setResult(scores, output: 3) }
    if settings.softcap > 0 {
      let bound = try scalar(settings.softcap, like: scores)
      let bent = try emit(.unary(.tanh), [try emit(.binary(.div), [scores, bound])])
      scores = try emit(.binary(.mul), [bent, bound])
    }
    if shown == 1 { setResult(scores, output: 3) }
    if let bias = mask.bias { scores = try emit(.binary(.add), [scores, bias]) }
    if shown == 2 { setResult(scores, output: 3) }
    return scores
  }

  /// The softmax over keys. In f16 each of its steps is rounded, as ONNX defines it.
  fileprivate mutating func emitWeights(
    _ scores: ValueID, _ given: ElementType?
  ) throws(Diagnostic) -> ValueID {
    let element = type(scores).element
    let precision = given ?? element
    let x = precision == element ? scores : try emit(.cast(Cast(precision)), [scores])
    var weights: ValueID
    if precision == .f16 {
      let largest = try emit(.reduce(Reduction(.max, axes: [3], keepsAxes: true)), [x])
      weights = try emit(.unary(.exp), [try emit(.binary(.sub), [x, largest])])
      let sum = try emit(.reduce(Reduction(.sum, axes: [3], keepsAxes: true)), [weights])
      weights = try emit(.binary(.div), [weights, sum])
    } else {
      weights = try emit(.softmax(Softmax(axis: 3)), [x])
    }
    return precision == element ? weights : try emit(.cast(Cast(element)), [weights])
  }
}
