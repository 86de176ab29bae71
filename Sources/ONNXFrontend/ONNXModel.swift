import Diagnostics
import Foundation
import GraphIR
import SwiftProtobuf
import Tensors

/// An ONNX model, read and checked: its bytes, its inputs, and its nodes in an order in which every
/// operand is computed before it is read.
///
/// The extents of the inputs may be open; ``graph(shapes:symbols:frozen:)`` binds them.
package struct ONNXModel: Sendable {
  /// One extent of an input.
  package enum Dimension: Hashable, Sendable {
    case fixed(Int)
    /// Open; the same symbol means the same extent. One without a name is called `input[axis]`.
    case symbolic(String)
  }

  package struct Input: Hashable, Sendable {
    package let name: String
    package let element: ElementType
    /// Empty when the model gives no shape.
    package let dims: [Dimension]
    /// Whether the model says how many axes there are.
    package let hasShape: Bool
  }

  package let name: String
  /// The inputs that have no initializer, in the model's order.
  package let inputs: [Input]
  package let outputs: [String]
  /// The version of the default operator set.
  package let opset: Int
  /// What a hash of the model covers: the model itself, then its external files in the order of
  /// their first use.
  package let content: [Data]

  let file: String?
  let nodes: [Onnx_NodeProto]
  let initializers: [String: Tensor]
  let weightChecks: WeightChecks

  /// Reads a model file, and the external data beside it.
  ///
  /// - Throws: `QC4004` when the file cannot be read, `QC1xxx` when the model is malformed,
  ///   `QC2xxx` when it uses something that is not supported; all name the file.
  package init(contentsOf path: String) throws(Diagnostic) {
    let folder = (path as NSString).deletingLastPathComponent
    let data = try MappedFile.contents(of: path)
    do throws(Diagnostic) {
      try self.init(data, folder: folder, file: path)
    } catch {
      throw error.inFile(path)
    }
  }

  /// Reads a model that keeps all its data inside.
  package init(data: Data) throws(Diagnostic) {
    try self.init(data, folder: nil, file: nil)
  }

  private init(_ data: Data, folder: String?, file: String?) throws(Diagnostic) {
    let proto = try ONNXModel.parse(data)
    opset = try ModelChecks.opset(of: proto)
    let nodes = try FunctionInlining.inlined(proto, opset: opset)
    try ModelChecks.requireKnownOps(nodes, opset: opset)
    var decoder = TensorDecoder(folder: folder)
    initializers = try ModelChecks.initializers(of: proto.graph, &decoder)
    inputs = try ModelChecks.inputs(of: proto.graph, initializers: initializers)
    outputs = try ModelChecks.outputs(of: proto.graph)
    self.nodes = try NodeOrdering.sorted(
      nodes, given: Set(inputs.map(\.name)).union(initializers.keys), outputs: outputs)
    weightChecks = WeightChecks(initializers)
    name = proto.graph.name.isEmpty ? "model" : proto.graph.name
    content = [data] + decoder.external.files.map(\.contents)
    self.file = file
  }

  private static func parse(_ data: Data) throws(Diagnostic) -> Onnx_ModelProto {
    let proto: Onnx_ModelProto
    do {
      proto = try Onnx_ModelProto(serializedBytes: data)
    } catch {
      throw Diagnostic(
        .malformedModel, "not a readable ONNX model: \(error)",
        hint: "was the copy or download interrupted?")
    }
    guard proto.irVersion > 0, proto.hasGraph else {
      throw Diagnostic(
        .malformedModel, "not an ONNX model: no version or no graph",
        hint: "was the copy or download interrupted?")
    }
    return proto
  }

  /// The symbols that stand for the extent of axis 0 of some input.
  package var batchSymbols: [String] {
    var seen: Set<String> = []
    return inputs.compactMap { input -> String? in
      guard case .symbolic(let symbol) = input.dims.first, seen.insert(symbol).inserted else {
        return nil
      }
      return symbol
    }
  }

  /// All symbols of the inputs, each once, in the order of their first use.
  package var symbols: [String] {
    var seen: Set<String> = []
    return inputs.flatMap(\.dims).compactMap { dimension -> String? in
      guard case .symbolic(let symbol) = dimension, seen.insert(symbol).inserted else { return nil }
      return symbol
    }
  }
}
