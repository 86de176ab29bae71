import Diagnostics
import GraphIR
import Tensors

/// Builds the graph of one model, node by node; the import rules drive it.
struct Importer {
  var graph: Graph
  let opset: Int
  /// The node that is being imported.
  private(set) var node = Onnx_NodeProto()
  /// Its attributes, of which the rule takes each.
  var attributes = NodeAttributes()

  private let model: ONNXModel
  private var values: [String: ValueID] = [:]
  /// The names that some node or the model's outputs read.
  private let readNames: Set<String>
  /// A value got its quantization after its users were typed.
  var needsRetyping = false

  init(_ model: ONNXModel) {
    self.model = model
    opset = model.opset
    graph = Graph(name: model.name)
    var names = Set(model.outputs)
    for node in model.nodes { names.formUnion(node.input) }
    readNames = names
  }

  mutating func addInput(_ name: String, _ type: TensorType) {
    values[name] = graph.appendInput(name, type)
  }

  mutating func setConstant(_ tensor: Tensor, name: String) {
    values[name] = graph.appendConstant(tensor, name: name)
  }

  /// Imports all nodes and names the outputs.
  mutating func run() throws(Diagnostic) -> Graph {
    for node in model.nodes {
      self.node = node
      do throws(Diagnostic) {
        try importNode()
      } catch {
        var located = error
        located.location = "node '\(node.label)' (\(node.opType))"
        throw located
      }
    }
    for output in model.outputs {
      guard let id = try value(named: output) else {
        throw Diagnostic(
          .unsupportedAttribute, "the output '\(output)' is not computed by the supported part",
          hint: "remove the output from the model")
      }
      graph.appendOutput(output, id)
    }
    if needsRetyping { try retype() }
    try graph.compact()
    try graph.verify()
    return graph
  }

  private mutating func importNode() throws(Diagnostic) {
    attributes = try NodeAttributes(node)
    guard let rule = ImportRules.rule(node.opType) else {
      throw Diagnostic(.unsupportedOp, "the op \(node.opType) is not supported")
    }
    try rule.run(&self)
    try attributes.finish()
    try model.weightChecks.check(node)
  }

  // MARK: Operands

  /// The value of an ONNX name; an initializer becomes a constant at its first use.
  private mutating func value(named name: String) throws(Diagnostic) -> ValueID? {
    if let known = values[name] { return known }
    guard let tensor = model.initializers[name] else { return nil }
    let id = graph.appendConstant(tensor, name: name)
    values[name] = id
    return id
  }

  var operandCount: Int { node.input.count }

  /// - Throws: `QC1010` when the node leaves it out.
  mutating func operand(_ index: Int) throws(Diagnostic) -> ValueID {
    guard let id = try optionalOperand(index) else {
      throw Diagnostic(.missingInput, "the op needs operand \(index)")
    }
    return id
  }

  mutating func optionalOperand(_ index: Int) throws(Diagnostic) -> ValueID? {
    guard index < node.input.count, !node.input[index].isEmpty else { return nil }
    let name = node.input[index]
    guard let id = try value(named: name) else {
      throw Diagnostic(
        .unsupportedAttribute, "it reads '\(name)', an output that is not supported")
    }
    return id
  }

  /// - Throws: `QC1004` for operands beyond `count`.
  func requireOperands(atMost count: Int) throws(Diagnostic) {
    guard node.input.count <= count else {
      throw Diagnostic(.invalidGraph, "the op has \(node.input.count) operands, at most \(count)")
    }
  }

  /// A constant operand.
  ///
  /// - Throws: `QC2003` when its value is only known at run time.
  mutating func constantOperand(_ index: Int, _ role: String) throws(Diagnostic) -> Tensor {
    let id = try operand(index)
    guard let tensor = graph.constant(id) else {
      throw Diagnostic(
        .unsupportedAttribute, "the operand '\(role)' must be a constant",
        hint: "shapes, axes and the like must follow from the model and its input shapes")
    }
    return tensor
  }

  mutating func optionalConstantOperand(
    _ index: Int, _ role: String
  ) throws(Diagnostic) -> Tensor? {
    guard try optionalOperand(index) != nil else { return nil }
    return try constantOperand(index, role)
  }

  /// A constant operand of integers, as a list.
  mutating func intsOperand(_ index: Int, _ role: String) throws(Diagnostic) -> [Int] {
    let tensor = try constantOperand(index, role)
    guard tensor.element == .i64 || tensor.element == .i32, let values = tensor.integers else {
      throw Diagnostic(
        .elementTypeMismatch, "the operand '\(role)' is \(tensor.element.rawValue), not i64")
    }
    return values.map { Int($0) }
  }

  mutating func optionalIntsOperand(_ index: Int, _ role: String) throws(Diagnostic) -> [Int]? {
    guard try optionalOperand(index) != nil else { return nil }
    return try intsOperand(index, role)
  }

  /// Integers that are an attribute in opsets before `changed`, and operand `index` from then on.
  mutating func optionalIntsGiven(
    _ index: Int, _ name: String, attributeBefore changed: Int
  ) throws(Diagnostic) -> [Int]? {
    guard opset < changed else { return try optionalIntsOperand(index, name) }
    return try attributes.ints(name)
  }

  mutating func intsGiven(
    _ index: Int, _ name: String, attributeBefore changed: Int
  ) throws(Diagnostic) -> [Int] {
    guard opset < changed else { return try intsOperand(index, name) }
    guard let ints = try attributes.ints(name) else {
      throw Diagnostic(.invalidAttribute, "the op needs the attribute '\(name)'")
    }
    return ints
  }

  /// A number that is an attribute in opsets before `changed`, and operand `index` from then on.
  mutating func scalarGiven(
    _ index: Int, _ name: String, attributeBefore changed: Int, like id: ValueID
  ) throws(Diagnostic) -> ValueID? {
    guard opset < changed else { return try optionalOperand(index) }
    guard let value = try attributes.optionalFloat(name) else { return nil }
    return try scalar(value, like: id)
  }

  func type(_ id: ValueID) -> TensorType { graph.type(of: id) }
  func shape(_ id: ValueID) -> Shape { graph.shape(of: id) }

  // MARK: Results

  /// Whether the model reads output `index` of the node.
  func isRead(_ index: Int) -> Bool {
    index < node.output.count && !node.output[index].isEmpty
      && readNames.contains(node.output[index])
  }

  /// Appends an op that makes a value inside of the node; of constants, it folds.
  mutating func emit(_ op: Op, _ operands: [ValueID]) throws(Diagnostic) -> ValueID {
    try append(op, operands, name: "")
  }

  /// Appends the op that makes output `index` of the node.
  mutating func emitResult(
    _ op: Op, _ operands: [ValueID], output index: Int = 0
  ) throws(Diagnostic) {
    setResult(try append(op, operands, name: resultName(index)), output: index)
  }

  /// Lets output `index` be a value that another name has already.
  mutating func setResult(_ id: ValueID, output index: Int = 0) {
    if index < node.output.count { values[node.output[index]] = id }
  }

  mutating func emitConstant(_ tensor: Tensor) -> ValueID { graph.appendConstant(tensor) }

  mutating func emitConstantResult(_ tensor: Tensor, output index: Int = 0) {
    setResult(graph.appendConstant(tensor, name: resultName(index)), output: index)
  }

  private func resultName(_ index: Int) -> String {
    index < node.output.count ? node.output[index] : ""
  }

  private mutating func append(
    _ op: Op, _ operands: [ValueID], name: String
  ) throws(Diagnostic) -> ValueID {
    if let folded = try ConstantFolding.fold(op, operands.map { graph[$0] }) {
      return graph.appendConstant(folded, name: name)
    }
    let id = try graph.append(op, operands, name: name, source: node.label)
    try graph.shape(of: id).requireBounded()
    return id
  }
}
