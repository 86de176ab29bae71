import Diagnostics
import GraphIR
import QuantMath
import Tensors

/// Puts `quantize` behind every value that is to be stored as integers, and `dequantize` before
/// each of its readers; weights and biases become integer constants with `dequantize`.
///
/// - Applies: to a float graph; one with pairs of its own stays as it is.
/// - Throws: `QC3001` when the table has no range for a value.
func insertQDQ(
  recipe: Recipe, ranges: @escaping RangeTable, channels: @escaping ChannelTable,
  moments: @escaping MomentTable, sensitivities: @escaping SensitivityTable
) -> Pass {
  Pass("insert-qdq") { graph throws(Diagnostic) in
    try graph.compact()
    guard !graph.isQuantized else { return }
    let exponents = try graph.equalizeChannels(recipe: recipe, ranges: ranges, channels: channels)
    let placement = QDQPlacement(graph, recipe, ranges, channels)
    let inputs = ProductInputs(exponents: exponents, channels: channels, moments: moments)
    let wide = WideValues(placement, graph, recipe, sensitivities, exponents: exponents)
    var insertion = QDQInsertion(placement, wide, graph, recipe, inputs)
    try insertion.run()
    graph = insertion.graph
    try graph.compact()
  }
}

/// Writes a placement into the graph.
private struct QDQInsertion {
  private(set) var graph: Graph
  private let placement: QDQPlacement
  private let wide: WideValues
  private let recipe: Recipe
  private let inputs: ProductInputs
  private let nodeCount: Int
  private var params: [ValueID: QuantParams] = [:]
  private var quantized: [ValueID: ValueID] = [:]
  private var symmetric: [ValueID: ValueID] = [:]
  /// The integers that the ops of one table read, by the last of these ops.
  private var tableReads: [ValueID: [ValueID: ValueID]] = [:]
  /// Embedding tables, by the float constant that each was.
  private var tables: [ValueID: ValueID] = [:]
  /// The add that gives a matmul its bias.
  private var biasAdds: [ValueID: ValueID] = [:]

  init(
    _ placement: QDQPlacement, _ wide: WideValues, _ graph: Graph, _ recipe: Recipe,
    _ inputs: ProductInputs
  ) {
    self.placement = placement
    self.wide = wide
    self.recipe = recipe
    self.inputs = inputs
    self.graph = graph
    nodeCount = graph.nodes.count
    for id in graph.values where graph.op(id) == .binary(.add) {
      if let (anchor, _) = graph.product(endingAt: id, accepting: { _ in true }) {
        biasAdds[anchor] = id
      }
    }
  }

  mutating func run() throws(Diagnostic) {
    for id in placement.stored.sorted() {
      let isWide = wide.values.contains(id)
      let own = isWide ? try wideParams(of: id) : try params(of: id, isSymmetric: false)
      params[id] = own
      let quantize = try graph.append(.quantize(Quantize(isWide ? .i16 : .u8, own)), [id])
      quantized[id] = quantize
      if let note = wide.note(on: id) { graph.remark(note, on: quantize) }
    }
    for id in placement.storedSymmetric.sorted() {
      let own = try params(of: id, isSymmetric: true)
      symmetric[id] = try graph.append(.quantize(Quantize(.i8, own)), [id])
    }
    let probabilities = Attention.Probabilities(rawValue: recipe.attention.rawValue) ?? .float
    for index in 0..<nodeCount {
      let user = ValueID(index)
      if placement.readers.contains(user) { try quantizeConstants(of: user) }
      try redirectOperands(of: user)
      if case .attention(let attention) = graph.op(user), placement.readers.contains(user) {
        graph.setOp(
          .attention(
            Attention(
              scale: attention.scale, probabilities: probabilities, isSafe: attention.isSafe)),
          of: user)
      }
    }
    for (index, output) in graph.outputs.enumerated() {
      if placement.integerResults.contains(output.value), let integers = quantized[output.value] {
        graph.setOutput(index, to: try graph.append(.dequantize, [integers]))
      }
    }
  }

  private func wideParams(of id: ValueID) throws(Diagnostic) -> QuantParams {
    do throws(Diagnostic) {
      return try wide.params(of: id)
    } catch {
      throw Diagnostic(error.code, error.message, at: "'\(graph[id].name)'", hint: error.hint)
    }
  }

  private func params(of id: ValueID, isSymmetric: Bool) throws(Diagnostic) -> QuantParams {
    guard let range = placement.classes.range(of: id) else {
      throw Diagnostic(
        .missingCalibration, "the calibration table has no range for this value",
        at: "'\(graph[id].name)' (\(graph.op(id).mnemonic))",
        hint: "run: quantc calibrate <model> --input <name>=<samples.npy>")
    }
    do throws(Diagnostic) {
      return try QuantParams.covering(
        (range.lowerBound, range.upperBound), bounds: isSymmetric ? -127...127 : 0...255,
        isSymmetric: isSymmetric)
    } catch {
      throw Diagnostic(error.code, error.message, at: "'\(graph[id].name)'", hint: error.hint)
    }
  }

  /// Lets `user` read its stored operands through `dequantize`. The ops of one table share it, so
  /// that all of them read one value.
  private mutating func redirectOperands(of user: ValueID) throws(Diagnostic) {
    let isReader = placement.readers.contains(user)
    let table = placement.tables[user]
    var read = table.flatMap { tableReads[$0] } ?? [:]
    for (index, operand) in graph.operands(of: user).enumerated() {
      let readsIntegers = isReader && !graph.op(user).staysFloat(index)
      let isRight = readsIntegers && graph.op(user).readsSymmetric(index)
      guard let integers = isRight ? symmetric[operand] : quantized[operand],
        readsIntegers || placement.integerResults.contains(operand)
      else { continue }
      if read[integers] == nil { read[integers] = try graph.append(.dequantize, [integers]) }
      if let real = read[integers] { graph.setOperand(index, of: user, to: real) }
    }
    if let table { tableReads[table] = read }
  }

  // MARK: Constants

  private mutating func quantizeConstants(of user: ValueID) throws(Diagnostic) {
    switch graph.op(user) {
    case .conv:
      let operands = graph.operands(of: user)
      let bias = operands.count == 3 ? (user: user, index: 2) : nil
      try quantizeWeights(of: user, axis: 0, bias: bias)
    case .matMul:
      guard graph.constant(graph.operand(1, of: user)) != nil else { return }
      try quantizeWeights(of: user, axis: 1, bias: biasAdds[user].map { ($0, 1) })
    case .binary:
      for (index, operand) in graph.operands(of: user).enumerated() {
        guard let tensor = graph.constant(operand), tensor.element == .f32,
          tensor.shape.elementCount > 1
        else { continue }
        graph.setOperand(index, of: user, to: try quantizedPerTensor(tensor))
      }
    case .gather:
      guard graph.isEmbedding(user) else { return }
      try quantizeTable(of: user)
    default:
      return
    }
  }

  /// Replaces the table of an embedding; its users share the integers.
  private mutating func quantizeTable(of user: ValueID) throws(Diagnostic) {
    let table = graph.operand(0, of: user)
    if tables[table] == nil, let tensor = graph.constant(table) {
      do throws(Diagnostic) {
        let rows = try QuantizedWeights(tensor.floats, shape: tensor.shape, axis: 0)
        tables[table] = try appendDequantized(
          try Tensor(.i8, tensor.shape, rows.values), axis: 0, rows.scales)
      } catch {
        throw Diagnostic(
          error.code, error.message, at: "node '\(graph[user].source)'", hint: error.hint)
      }
    }
    if let real = tables[table] { graph.setOperand(0, of: user, to: real) }
  }

  /// Replaces the weights of a product, and its bias where it has one.
  private mutating func quantizeWeights(
    of product: ValueID, axis: Int, bias: (user: ValueID, index: Int)?
  ) throws(Diagnostic) {
    guard let tensor = graph.constant(graph.operand(1, of: product)),
      let inputScale = params[graph.operand(0, of: product)]?.scale
    else { return }
    let values = tensor.floats
    do throws(Diagnostic) {
      var weights = try QuantizedWeights(values, shape: tensor.shape, axis: axis)
      let shifts =
        recipe.keepsMeans
        ? inputs.round(&weights, of: values, product: product, in: graph)
        : nil
      if let bias, var floats = graph.constant(graph.operand(bias.index, of: bias.user))?.floats {
        if let shifts { floats = zip(floats, shifts).map { Float(Double($0) + $1) } }
        let integers = try QuantizedBias(
          floats, inputScale: inputScale, weights: &weights, floatWeights: values)
        let real = try appendDequantized(
          try Tensor(.i32, try Shape([floats.count]), integers.values), axis: 0, integers.scales)
        graph.setOperand(bias.index, of: bias.user, to: real)
      }
      let real = try appendDequantized(
        try Tensor(.i8, tensor.shape, weights.values), axis: axis, weights.scales)
      graph.setOperand(1, of: product, to: real)
    } catch {
      throw Diagnostic(
        error.code, error.message, at: "node '\(graph[product].source)'", hint: error.hint)
    }
  }

  private mutating func appendDequantized(
    _ tensor: Tensor, axis: Int, _ scales: [Float]
  ) throws(Diagnostic) -> ValueID {
    let zeros = [Int32](repeating: 0, count: scales.count)
    let constant = graph.appendConstant(
      tensor,
      quantization: try QuantParams(.perChannel(axis: axis), scales: scales, zeroPoints: zeros))
    return try graph.append(.dequantize, [constant])
  }

  private mutating func quantizedPerTensor(_ tensor: Tensor) throws(Diagnostic) -> ValueID {
    let values = tensor.floats
    let own = try QuantParams.covering(
      (values.min() ?? 0, values.max() ?? 0), bounds: 0...255)
    let integers = values.map {
      UInt8(quantize($0, scale: own.scale, zeroPoint: own.zeroPoint, bounds: 0...255))
    }
    let constant = graph.appendConstant(
      try Tensor(.u8, tensor.shape, integers), quantization: own)
    return try graph.append(.dequantize, [constant])
  }
}

extension Op {
  /// Whether operand `index` is the right one of a product, which is symmetric in integers.
  fileprivate func readsSymmetric(_ index: Int) -> Bool {
    switch self {
    case .matMul: index == 1
    case .attention: index == 1 || index == 2
    default: false
    }
  }

  /// Whether operand `index` is a mask, or the cosine or sine of an angle: it stays float.
  fileprivate func staysFloat(_ index: Int) -> Bool {
    switch self {
    case .attention: index == 3
    case .rotaryEmbedding: index > 0
    default: false
    }
  }
}
