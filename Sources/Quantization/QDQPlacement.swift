import Diagnostics
import GraphIR
import Tensors

/// Decides which values are stored as 8-bit integers, and which ops read and make them.
///
/// Convolutions and matrix products with constant weights ask for their operand as integers, and
/// so does a pool of what they made. The demand then goes backwards through every op that can make
/// integers of integers. What nobody asks for stays float: the values inside of a kernel, softmax
/// and normalizations and what feeds them, and the outputs.
struct QDQPlacement {
  private let graph: Graph
  private let recipe: Recipe
  /// The values that are stored as integers.
  private(set) var stored: Set<ValueID> = []
  /// The right operands of products of activations.
  private(set) var storedSymmetric: Set<ValueID> = []
  /// The ops that read their stored operands as integers.
  private(set) var readers: Set<ValueID> = []
  /// The stored values that an integer kernel makes.
  private(set) var integerResults: Set<ValueID> = []
  /// The last op of the table that an op becomes a part of.
  private(set) var tables: [ValueID: ValueID] = [:]
  private(set) var classes: StorageClasses
  private var pending: [ValueID] = []
  private var isFromIntegers: [Bool] = []

  init(
    _ graph: Graph, _ recipe: Recipe, _ ranges: @escaping RangeTable,
    _ channels: @escaping ChannelTable
  ) {
    self.graph = graph
    self.recipe = recipe
    classes = StorageClasses(count: graph.nodes.count) {
      ranges(graph[$0].name) ?? graph.rangeOfScaledChannels($0, channels)
    }
    isFromIntegers = markFromIntegers()
    for id in graph.values where isProduct(id) && accepts(id) {
      readers.insert(id)
      store(graph.operand(0, of: id))
      if graph.constant(graph.operand(1, of: id)) == nil {
        storedSymmetric.insert(graph.operand(1, of: id))
      }
    }
    for id in graph.values where accepts(id) {
      guard case .attention = graph.op(id), case let operands = graph.operands(of: id) else {
        continue
      }
      readers.insert(id)
      store(operands[0])
      storedSymmetric.formUnion(operands[1...2])
    }
    placePending()
    let areForAngles = graph.areForAngles
    readers.formUnion(
      graph.values.filter {
        graph.isEmbedding($0) && accepts($0) && !areForAngles[$0.index]
      })
    for id in graph.values where accepts(id) {
      guard case .pool(let pool) = graph.op(id), case let x = graph.operand(0, of: id),
        graph.op(x) != .input, !isConcat(x), comesFromIntegers(x)
      else { continue }
      switch pool.kind {
      case .max: store(id)
      case .average:
        readers.insert(id)
        store(x)
      }
      placePending()
    }
  }

  private mutating func store(_ id: ValueID) {
    if graph.constant(id) == nil, stored.insert(id).inserted { pending.append(id) }
  }

  private mutating func placePending() {
    while let id = pending.popLast() { placeProducer(of: id) }
  }

  /// Lets the op that makes the stored value `id` read integers, where it can.
  private mutating func placeProducer(of id: ValueID) {
    if case .attention = graph.op(id) {
      if readers.contains(id) { integerResults.insert(id) }
    } else if case .rotaryEmbedding = graph.op(id) {
      // Its operand stays float, as the product before it makes it: what turns is rounded once.
      guard accepts(id) else { return }
      readers.insert(id)
      integerResults.insert(id)
    } else if let chain = graph.kernelChain(endingAt: id, accepting: accepts),
      isProduct(chain.anchor)
    {
      readers.formUnion(chain.members)
      integerResults.insert(id)
      if let residual = chain.residual { store(residual) }
    } else if let chain = graph.tableChain(endingAt: id, accepting: accepts) {
      guard comesFromIntegers(chain.base) else { return }
      makeIntegers(id, by: chain.members, from: [chain.base])
      for member in chain.members { tables[member] = id }
    } else if let chain = graph.kernelChain(endingAt: id, accepting: accepts) {
      let operands = graph.operands(of: chain.anchor)
      guard operands.contains(where: { comesFromIntegers($0) }) else { return }
      makeIntegers(id, by: chain.members, from: operands)
    } else if accepts(id) {
      placeMovement(id)
    }
  }

  private mutating func placeMovement(_ id: ValueID) {
    let op = graph.op(id)
    let operands = Array(
      graph.operands(of: id).prefix(op.movedOperandCount(graph.operands(of: id).count)))
    guard operands.allSatisfy({ graph.constant($0) == nil }) else { return }
    switch op {
    case .concat:
      guard classes.join(id, operands: operands) else { return }
    case .pool(let pool) where pool.kind == .average:
      guard comesFromIntegers(operands[0]) else { return }
    case .resize(let resize) where resize.interpolatesImages(of: graph.shape(of: operands[0])):
      guard comesFromIntegers(operands[0]) else { return }
    default:
      guard op.movesElements else { return }
      // With a scale of its own, the result is requantized after the movement.
      _ = classes.join(id, operands: operands)
    }
    makeIntegers(id, by: [id], from: operands)
  }

  private mutating func makeIntegers(
    _ id: ValueID, by members: [ValueID], from operands: [ValueID]
  ) {
    readers.formUnion(members)
    integerResults.insert(id)
    for operand in operands { store(operand) }
  }

  // MARK: What can be integer

  private func isProduct(_ id: ValueID) -> Bool {
    switch graph.op(id) {
    case .conv, .matMul: true
    default: false
    }
  }

  /// A concat is stored only where its consumer asks for integers: its branches may have ranges
  /// that do not fit one scale.
  private func isConcat(_ id: ValueID) -> Bool {
    if case .concat = graph.op(id) { true } else { false }
  }

  /// Whether the op may be part of an integer kernel.
  private func accepts(_ id: ValueID) -> Bool {
    guard graph.type(of: id).element == .f32, recipe.reasonForFloat(id, in: graph) == nil else {
      return false
    }
    switch graph.op(id) {
    case .conv:
      return graph.operands(of: id).dropFirst().allSatisfy { graph.constant($0) != nil }
    case .matMul:
      let rhs = graph.operand(1, of: id)
      if graph.constant(rhs) != nil { return graph.shape(of: rhs).rank == 2 }
      return recipe.quantizesActivationProducts && graph.constant(graph.operand(0, of: id)) == nil
    case .attention: return recipe.attention != .float && fitsIntegers(id)
    case .unary(let function): return function.suitsTable
    default: return true
    }
  }

  /// Whether an attention's operands are computed, and its integer sums fit in int32.
  private func fitsIntegers(_ id: ValueID) -> Bool {
    let operands = graph.operands(of: id)
    let shapes = operands.map { graph.shape(of: $0) }
    let shape = AttentionShape(q: shapes[0], k: shapes[1], v: shapes[2], mask: nil)
    return shape?.fitsIntegers == true
      && operands.prefix(3).allSatisfy { graph.constant($0) == nil }
  }

  /// Whether integers, or the float input, lie before `id` with nothing in between but ops that
  /// make integers of integers.
  private func comesFromIntegers(_ id: ValueID) -> Bool { isFromIntegers[id.index] }

  /// Answers ``comesFromIntegers(_:)`` for every value of the sorted graph.
  private func markFromIntegers() -> [Bool] {
    var marks = [Bool](repeating: false, count: graph.nodes.count)
    for id in graph.values {
      switch graph.op(id) {
      case .input: marks[id.index] = graph.type(of: id).element == .f32
      case .conv, .matMul, .attention: marks[id.index] = accepts(id)
      case .unary, .binary, .pool, .reshape, .transpose, .concat, .slice, .gather, .pad, .expand,
        .resize:
        marks[id.index] = accepts(id) && graph.operands(of: id).contains { marks[$0.index] }
      case .rotaryEmbedding:
        marks[id.index] = accepts(id) && marks[graph.operand(0, of: id).index]
      case .constant, .select, .cast, .softmax, .layerNorm, .rmsNorm, .batchNorm, .reduce,
        .quantize, .dequantize, .quantizedConv, .quantizedMatMul, .quantizedBinary, .quantizedPool,
        .quantizedResize, .quantizedAttention, .quantizedRotaryEmbedding, .lookup, .embedding:
        break
      }
    }
    return marks
  }
}

extension UnaryFunction {
  /// Its slope is bounded, so that a table of 256 entries keeps the precision of its operand.
  fileprivate var suitsTable: Bool {
    switch self {
    case .relu, .leakyRelu, .clip, .sigmoid, .tanh, .neg, .abs, .erf, .gelu, .silu, .hardSwish,
      .hardSigmoid, .elu, .softplus:
      true
    case .exp, .log, .sqrt, .reciprocal, .floor, .ceil, .round, .sign, .sin, .cos, .not: false
    }
  }
}
