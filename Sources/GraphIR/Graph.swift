import Diagnostics
import Tensors

/// A model as an SSA graph: every node makes one value, and stands after its operands once
/// ``compact()`` has run.
///
/// Passes append nodes and forward the uses of old ones; ``compact()`` then sorts, drops what
/// nothing uses, and renumbers.
package struct Graph: Sendable {
  package struct Output: Hashable, Sendable {
    package let name: String
    package var value: ValueID
    package init(name: String, value: ValueID) {
      self.name = name
      self.value = value
    }
  }

  package var name: String
  package var stage: Stage
  package private(set) var nodes: [Node] = []
  /// The `input` nodes, in the model's order; they stay also when nothing uses them.
  package private(set) var inputs: [ValueID] = []
  package private(set) var outputs: [Output] = []
  private var remarksByValue: [ValueID: [Remark]] = [:]
  /// Where the uses of a replaced value go; empty after ``compact()``.
  private var forwarded: [ValueID: ValueID] = [:]

  package init(name: String, stage: Stage = .imported) {
    self.name = name
    self.stage = stage
  }

  /// All values, in the order of their numbers.
  package var values: [ValueID] { nodes.indices.map { ValueID($0) } }

  package subscript(id: ValueID) -> Node { nodes[resolve(id).index] }

  package func op(_ id: ValueID) -> Op { self[id].op }
  package func type(of id: ValueID) -> TensorType { self[id].type }
  package func shape(of id: ValueID) -> Shape { self[id].type.shape }
  package func quantization(of id: ValueID) -> QuantParams? { self[id].type.quantization }
  package func operands(of id: ValueID) -> [ValueID] { self[id].operands.map(resolve) }
  package func operand(_ index: Int, of id: ValueID) -> ValueID {
    resolve(self[id].operands[index])
  }

  /// The tensor of a `constant`; `nil` for any other op.
  package func constant(_ id: ValueID) -> Tensor? {
    guard case .constant(let tensor) = op(id) else { return nil }
    return tensor
  }

  /// The value that stands for `id` after all replacements.
  package func resolve(_ id: ValueID) -> ValueID {
    var current = id
    while let next = forwarded[current] { current = next }
    return current
  }

  // MARK: Building

  /// Appends an op whose type follows from its operands.
  ///
  /// - Throws: what the op's own table of types refuses.
  @discardableResult
  package mutating func append(
    _ op: Op, _ operands: [ValueID] = [], name: String = "", source: String = ""
  ) throws(Diagnostic) -> ValueID {
    let types = operands.map { self.type(of: $0) }
    let type: TensorType
    do throws(Diagnostic) {
      type = try op.resultType(types)
    } catch {
      var located = error
      if located.location == nil, !(source + name).isEmpty {
        located.location = "node '\(source.isEmpty ? name : source)' (\(op.mnemonic))"
      }
      throw located
    }
    return append(Node(op, operands, type: type, name: name, source: source))
  }

  /// Appends a node as it is; the verifier judges it.
  @discardableResult
  package mutating func append(_ node: Node) -> ValueID {
    let id = ValueID(nodes.count)
    if case .input = node.op { inputs.append(id) }
    nodes.append(node)
    return id
  }

  @discardableResult
  package mutating func appendInput(_ name: String, _ type: TensorType) -> ValueID {
    append(Node(.input, [], type: type, name: name))
  }

  /// Appends a constant; `quantization` says what its integers stand for.
  @discardableResult
  package mutating func appendConstant(
    _ tensor: Tensor, quantization: QuantParams? = nil, name: String = ""
  ) -> ValueID {
    let type = TensorType(tensor.element, tensor.shape, quantization)
    return append(Node(.constant(tensor), [], type: type, name: name))
  }

  package mutating func appendOutput(_ name: String, _ value: ValueID) {
    outputs.append(Output(name: name, value: resolve(value)))
  }

  // MARK: Changing

  /// Sends every use of `old` to `new`, which must not depend on `old`, and gives the name on.
  package mutating func replaceUses(of old: ValueID, with new: ValueID) {
    let (from, to) = (resolve(old), resolve(new))
    guard from != to else { return }
    if !nodes[from.index].name.isEmpty, nodes[to.index].name.isEmpty,
      nodes[to.index].op != .input
    {
      nodes[to.index].name = nodes[from.index].name
      nodes[from.index].name = ""
    }
    if nodes[to.index].source.isEmpty { nodes[to.index].source = nodes[from.index].source }
    remarksByValue[to, default: []] += remarksByValue.removeValue(forKey: from) ?? []
    forwarded[from] = to
    for index in outputs.indices where outputs[index].value == from { outputs[index].value = to }
  }

  /// Lets one operand of one node be another value.
  package mutating func setOperand(_ index: Int, of user: ValueID, to value: ValueID) {
    nodes[resolve(user).index].operands[index] = resolve(value)
  }

  package mutating func setOp(_ op: Op, of id: ValueID) { nodes[resolve(id).index].op = op }
  package mutating func setType(_ type: TensorType, of id: ValueID) {
    nodes[resolve(id).index].type = type
  }
  package mutating func setName(_ name: String, of id: ValueID) {
    nodes[resolve(id).index].name = name
  }
  package mutating func setOutput(_ index: Int, to value: ValueID) {
    outputs[index].value = resolve(value)
  }

  // MARK: Remarks

  package mutating func remark(_ remark: Remark, on id: ValueID) {
    let value = resolve(id)
    if remarksByValue[value]?.contains(remark) != true {
      remarksByValue[value, default: []].append(remark)
    }
  }

  package func remarks(on id: ValueID) -> [Remark] { remarksByValue[resolve(id)] ?? [] }

  // MARK: Order

  /// Sorts the nodes so that operands come first, drops what no output needs, and renumbers.
  ///
  /// Values that outputs need keep their relative order where dependencies allow it.
  /// - Throws: `QC1008` when values depend on each other in a circle.
  package mutating func compact() throws(Diagnostic) {
    let order = try Ordering(self).order
    var renumbered: [ValueID: ValueID] = [:]
    for (index, old) in order.enumerated() { renumbered[old] = ValueID(index) }
    func map(_ id: ValueID) -> ValueID { renumbered[resolve(id)] ?? id }
    let newNodes = order.map { old -> Node in
      var node = nodes[old.index]
      node.operands = node.operands.map(map)
      return node
    }
    var newRemarks: [ValueID: [Remark]] = [:]
    for old in order { newRemarks[map(old)] = remarksByValue[old] }
    inputs = inputs.map(map)
    outputs = outputs.map { Output(name: $0.name, value: map($0.value)) }
    nodes = newNodes
    remarksByValue = newRemarks
    forwarded = [:]
  }
}

extension Graph: Equatable {
  /// Equal text: remarks do not count.
  package static func == (lhs: Graph, rhs: Graph) -> Bool {
    lhs.name == rhs.name && lhs.stage == rhs.stage && lhs.nodes == rhs.nodes
      && lhs.inputs == rhs.inputs && lhs.outputs == rhs.outputs
  }
}
