import Diagnostics

/// Replaces the calls of a model's own functions by their nodes.
struct FunctionInlining {
  /// At most this many nodes, with names of this many bytes, and this many functions within each
  /// other.
  static let nodeLimit = 1 << 17
  static let nameBytesLimit = 1 << 26
  static let depthLimit = 32

  private struct Key: Hashable {
    let domain: String
    let name: String
    let overload: String
  }

  private var functions: [Key: Onnx_FunctionProto] = [:]
  private let opset: Int
  private var nodes: [Onnx_NodeProto] = []
  private var nameBytes = 0

  /// The nodes of the model's graph without calls.
  ///
  /// - Throws: `QC1002` for functions that call themselves or grow beyond ``nodeLimit``, `QC2002`
  ///   for a function of another opset than the model's.
  static func inlined(
    _ proto: Onnx_ModelProto, opset: Int
  ) throws(Diagnostic) -> [Onnx_NodeProto] {
    guard !proto.functions.isEmpty else { return proto.graph.node }
    var inlining = try FunctionInlining(proto.functions, opset: opset)
    for node in proto.graph.node { try inlining.add(node, depth: 0) }
    return inlining.nodes
  }

  private init(_ protos: [Onnx_FunctionProto], opset: Int) throws(Diagnostic) {
    self.opset = opset
    for proto in protos {
      let key = Key(domain: proto.domain, name: proto.name, overload: proto.overload)
      guard functions.updateValue(proto, forKey: key) == nil else {
        throw Diagnostic(.duplicateName, "two functions are named '\(proto.name)'")
      }
    }
  }

  private mutating func add(_ node: Onnx_NodeProto, depth: Int) throws(Diagnostic) {
    let key = Key(domain: node.domain, name: node.opType, overload: node.overload)
    guard let function = functions[key] else {
      nameBytes += (node.input + node.output).reduce(node.name.utf8.count) { $0 + $1.utf8.count }
      guard nodes.count < FunctionInlining.nodeLimit,
        nameBytes <= FunctionInlining.nameBytesLimit
      else {
        throw problem(node, "the functions grow beyond \(FunctionInlining.nodeLimit) nodes")
      }
      nodes.append(node)
      return
    }
    guard depth < FunctionInlining.depthLimit else {
      throw problem(node, "the functions call each other too deeply")
    }
    let versions = function.opsetImport.filter { ModelChecks.isDefault($0.domain) }
    guard versions.allSatisfy({ $0.version == opset }) else {
      throw Diagnostic(
        .unsupportedOpset, "the function \(function.name) has another opset than the model",
        at: "node '\(node.label)'", hint: "inline it with onnx.inliner before")
    }
    let names = try valueNames(function, node)
    let prefix = node.output.first { !$0.isEmpty } ?? node.name
    func rename(_ name: String) -> String {
      name.isEmpty ? "" : names[name] ?? "\(prefix)/\(name)"
    }
    for inner in function.node {
      var copy = inner
      copy.input = inner.input.map(rename)
      copy.output = inner.output.map(rename)
      copy.name = "\(node.label)/\(inner.label)"
      copy.attribute = resolved(inner.attribute, function, node)
      try add(copy, depth: depth + 1)
    }
  }

  /// The caller's names for the function's inputs and outputs; an input not given is empty.
  private func valueNames(
    _ function: Onnx_FunctionProto, _ node: Onnx_NodeProto
  ) throws(Diagnostic) -> [String: String] {
    guard node.input.count <= function.input.count, node.output.count <= function.output.count
    else { throw problem(node, "the function \(function.name) does not take so many operands") }
    var names: [String: String] = [:]
    for (index, name) in function.input.enumerated() {
      names[name] = index < node.input.count ? node.input[index] : ""
    }
    for (name, actual) in zip(function.output, node.output) where !actual.isEmpty {
      names[name] = actual
    }
    return names
  }

  /// The attributes of an inner node with references replaced by the caller's or default values.
  private func resolved(
    _ attributes: [Onnx_AttributeProto], _ function: Onnx_FunctionProto, _ node: Onnx_NodeProto
  ) -> [Onnx_AttributeProto] {
    attributes.compactMap { attribute -> Onnx_AttributeProto? in
      guard !attribute.refAttrName.isEmpty else { return attribute }
      let given = node.attribute.first { $0.name == attribute.refAttrName }
      let standard = function.attributeProto.first { $0.name == attribute.refAttrName }
      guard var value = given ?? standard else { return nil }
      value.name = attribute.name
      return value
    }
  }

  private func problem(_ node: Onnx_NodeProto, _ message: String) -> Diagnostic {
    Diagnostic(
      .malformedModel, message, at: "node '\(node.label)'",
      hint: "inline the functions with onnx.inliner before")
  }
}
