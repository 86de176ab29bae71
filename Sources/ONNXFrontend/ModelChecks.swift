import Diagnostics
import Tensors

/// What a model must meet before any node is imported.
enum ModelChecks {
  /// The operator sets whose definitions the import rules follow.
  static let opsets = 7...28

  /// The version of the default operator set.
  ///
  /// - Throws: `QC2002` when it is missing or outside of ``opsets``, `QC1009` when it stands twice.
  static func opset(of proto: Onnx_ModelProto) throws(Diagnostic) -> Int {
    let imports = proto.opsetImport.filter { isDefault($0.domain) }
    guard let first = imports.first else {
      throw Diagnostic(
        .unsupportedOpset, "the model does not say which operator set it uses",
        hint: "export it with an opset of \(opsets.lowerBound) to \(opsets.upperBound)")
    }
    guard imports.allSatisfy({ $0.version == first.version }) else {
      throw Diagnostic(.duplicateName, "the model imports several default operator sets")
    }
    guard opsets.contains(Int(first.version)) else {
      throw Diagnostic(
        .unsupportedOpset,
        "the model uses opset \(first.version); \(opsets.lowerBound) to \(opsets.upperBound) are read",
        hint: "convert it with onnx.version_converter, or export it again")
    }
    return Int(first.version)
  }

  static func isDefault(_ domain: String) -> Bool { domain.isEmpty || domain == "ai.onnx" }

  /// The ops of the domain `com.microsoft` that are the default ones for more types than those had:
  /// before opset 21, pairs of 16 bits.
  private static let extendedOps: Set<String> = ["QuantizeLinear", "DequantizeLinear"]

  /// - Throws: `QC2001` naming the first node that has no import rule, and the other such ops.
  static func requireKnownOps(_ nodes: [Onnx_NodeProto], opset: Int) throws(Diagnostic) {
    let unknown = nodes.filter { !isKnown($0, opset: opset) }
    guard let first = unknown.first else { return }
    let others = Set(unknown.map(qualifiedOp)).subtracting([qualifiedOp(first)]).sorted()
    let more = others.isEmpty ? "" : "; neither are \(others.joined(separator: ", "))"
    throw Diagnostic(
      .unsupportedOp,
      "the op \(qualifiedOp(first)) of opset \(opset) is not supported\(more)",
      at: "node '\(first.label)'",
      hint: "supported are \(ImportRules.names.joined(separator: ", "))")
  }

  private static func isKnown(_ node: Onnx_NodeProto, opset: Int) -> Bool {
    guard
      isDefault(node.domain)
        || node.domain == "com.microsoft" && extendedOps.contains(node.opType),
      let rule = ImportRules.rule(node.opType)
    else { return false }
    return rule.opsets.contains(opset)
  }

  private static func qualifiedOp(_ node: Onnx_NodeProto) -> String {
    let op = node.opType.prefix(100)
    return isDefault(node.domain) ? String(op) : "\(node.domain.prefix(100)).\(op)"
  }

  /// The initializers by name.
  ///
  /// - Throws: `QC1009` for a name that stands twice, and what the decoder refuses.
  static func initializers(
    of graph: Onnx_GraphProto, _ decoder: inout TensorDecoder
  ) throws(Diagnostic) -> [String: Tensor] {
    if let sparse = graph.sparseInitializer.first {
      throw Diagnostic(
        .unsupportedElementType, "sparse initializers are not supported",
        at: "tensor '\(sparse.values.name)'", hint: "export the weights as dense tensors")
    }
    var result: [String: Tensor] = [:]
    for proto in graph.initializer {
      guard !proto.name.isEmpty else {
        throw Diagnostic(.malformedModel, "an initializer has no name")
      }
      guard result.updateValue(try decoder.tensor(proto), forKey: proto.name) == nil else {
        throw Diagnostic(.duplicateName, "two initializers are named '\(proto.name)'")
      }
    }
    return result
  }

  /// The inputs that have no initializer.
  static func inputs(
    of graph: Onnx_GraphProto, initializers: [String: Tensor]
  ) throws(Diagnostic) -> [ONNXModel.Input] {
    var names: Set<String> = []
    var result: [ONNXModel.Input] = []
    for proto in graph.input {
      guard !proto.name.isEmpty, names.insert(proto.name).inserted else {
        throw Diagnostic(.duplicateName, "two inputs are named '\(proto.name)'")
      }
      guard initializers[proto.name] == nil else { continue }
      do throws(Diagnostic) {
        result.append(try ONNXModel.Input(proto))
      } catch {
        var located = error
        located.location = "input '\(proto.name)'"
        throw located
      }
    }
    return result
  }

  static func outputs(of graph: Onnx_GraphProto) throws(Diagnostic) -> [String] {
    var names: Set<String> = []
    for proto in graph.output where !names.insert(proto.name).inserted {
      throw Diagnostic(.duplicateName, "two outputs are named '\(proto.name)'")
    }
    guard !graph.output.isEmpty else {
      throw Diagnostic(.malformedModel, "the model has no outputs")
    }
    return graph.output.map(\.name)
  }
}

extension ONNXModel.Input {
  /// - Throws: `QC2004` when it is no tensor of a supported type, `QC1001` or `QC1011` for its shape.
  init(_ proto: Onnx_ValueInfoProto) throws(Diagnostic) {
    guard case .tensorType(let tensor) = proto.type.value else {
      throw Diagnostic(
        .unsupportedElementType, "the input is not a tensor",
        hint: "sequences, maps and optionals are not supported")
    }
    var dims: [ONNXModel.Dimension] = []
    for (axis, dimension) in tensor.shape.dim.enumerated() {
      switch dimension.value {
      case .dimValue(let extent) where extent != -1:
        dims.append(.fixed(Int(extent)))
      case .dimParam(let symbol) where !["", "?", "None", "-1"].contains(symbol):
        dims.append(.symbolic(symbol))
      // What exporters write for an open extent that has no name.
      case .dimValue, .dimParam, nil:
        dims.append(.symbolic("\(proto.name)[\(axis)]"))
      }
    }
    _ = try Shape(
      checked: dims.map { dimension -> Int in
        if case .fixed(let extent) = dimension { return extent }
        return 1
      })
    self.init(
      name: proto.name, element: try ElementType(onnx: tensor.elemType), dims: dims,
      hasShape: tensor.hasShape)
  }
}

extension Onnx_NodeProto {
  /// The node's name, or, when it has none, its op and its first output; cut where it is very long.
  var label: String {
    if !name.isEmpty { return String(name.prefix(1000)) }
    guard let first = output.first(where: { !$0.isEmpty }) else { return opType }
    return "\(opType) \(first.prefix(1000))"
  }
}
