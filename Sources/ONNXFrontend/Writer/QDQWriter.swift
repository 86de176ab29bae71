import Diagnostics
import Foundation
import GraphIR
import SwiftProtobuf
import Tensors

/// Writes a graph as an ordinary ONNX model, in which quantization is explicit.
///
/// Every op becomes the ONNX op of the same meaning; `silu` and `rms_norm`, which the opset lacks,
/// become their definitions, as attention does. Reading the model gives the same graph again, but for those, for the
/// names of values that had none, and for the sources of nodes that shared one. The same graph gives
/// the same bytes.
package struct QDQWriter {
  /// The default operator set of the model, and the version of the format that has it.
  static let opset = 21
  static let irVersion = 10

  let graph: Graph
  private var proto = Onnx_GraphProto()
  private var names: [ValueID: String] = [:]
  private var takenNames: Set<String> = []
  private var takenNodeNames: Set<String> = []
  private var nodeNameCounts: [String: Int] = [:]
  private var paramNames: [ParamKey: ParamNames] = [:]

  private struct ParamKey: Hashable {
    let element: ElementType
    let params: QuantParams
  }

  struct ParamNames {
    let scale: String
    let zeroPoint: String
  }

  /// - Throws: `QC1005` for a graph that has `q.*` ops.
  package static func data(_ graph: Graph) throws(Diagnostic) -> Data {
    var writer = QDQWriter(graph)
    return try writer.write()
  }

  private init(_ graph: Graph) { self.graph = graph }

  private mutating func write() throws(Diagnostic) -> Data {
    nameValues()
    proto.name = graph.name
    proto.input = graph.inputs.map { Onnx_ValueInfoProto(name($0), graph.type(of: $0)) }
    for id in graph.values where graph.resolve(id) == id {
      try QDQNodeWriter(id, graph[id]).write(&self)
    }
    for output in graph.outputs {
      let value = graph.resolve(output.value)
      if name(value) != output.name {
        emit(Onnx_NodeProto("Identity", [name(value)], [output.name]))
      }
      proto.output.append(Onnx_ValueInfoProto(output.name, graph.type(of: value)))
    }
    return try serialized()
  }

  private func serialized() throws(Diagnostic) -> Data {
    var model = Onnx_ModelProto()
    model.irVersion = Int64(QDQWriter.irVersion)
    model.producerName = "quantc"
    var operators = Onnx_OperatorSetIdProto()
    operators.version = Int64(QDQWriter.opset)
    model.opsetImport = [operators]
    model.graph = proto
    do {
      return try model.serializedBytes()
    } catch {
      throw Diagnostic(
        .unwritableOutput, "the model does not fit the ONNX format: \(error)",
        hint: "a model file has at most 2 GiB")
    }
  }

  // MARK: Names

  /// Outputs keep their names, then inputs and named values; the others get one of their own.
  private mutating func nameValues() {
    for id in graph.inputs { take(graph[id].name, for: id) }
    for output in graph.outputs where names[graph.resolve(output.value)] == nil {
      take(output.name, for: graph.resolve(output.value))
    }
    takenNames.formUnion(graph.outputs.map(\.name))
    for id in graph.values where graph.resolve(id) == id && names[id] == nil {
      let own = graph[id].name
      let isFree = !own.isEmpty && !takenNames.contains(own)
      take(isFree ? own : freshName("value_\(id.index)"), for: id)
    }
  }

  private mutating func take(_ name: String, for id: ValueID) {
    names[id] = name
    takenNames.insert(name)
  }

  func name(_ id: ValueID) -> String { names[graph.resolve(id)] ?? "" }

  /// `stem`, or with a number behind it when that is taken; taken from now on.
  mutating func freshName(_ stem: String) -> String {
    var candidate = stem
    var number = 2
    while !takenNames.insert(candidate).inserted {
      candidate = "\(stem)_\(number)"
      number += 1
    }
    return candidate
  }

  // MARK: Emission

  /// Adds a node; a name that another node has already gets a number behind it.
  mutating func emit(_ node: Onnx_NodeProto) {
    var named = node
    if node.hasName, !takenNodeNames.insert(node.name).inserted {
      let count = (nodeNameCounts[node.name] ?? 1) + 1
      nodeNameCounts[node.name] = count
      named.name = "\(node.name)#\(count)"
      takenNodeNames.insert(named.name)
    }
    proto.node.append(named)
  }

  mutating func initializer(_ tensor: Tensor, name: String) {
    proto.initializer.append(Onnx_TensorProto(tensor, name: name))
  }

  /// The name of a new initializer.
  mutating func operand(_ tensor: Tensor, _ stem: String) -> String {
    let name = freshName(stem)
    initializer(tensor, name: name)
    return name
  }

  /// The initializers of a quantization; equal ones are written once.
  mutating func paramOperands(
    _ element: ElementType, _ params: QuantParams, of shape: Shape, _ stem: String
  ) throws(Diagnostic) -> ParamNames {
    let key = ParamKey(element: element, params: params)
    if let known = paramNames[key] { return known }
    let dims: [Int]
    switch params.granularity {
    case .perTensor: dims = []
    case .perChannel: dims = [params.scales.count]
    case .perGroup(let axis, let groupSize):
      var blocks = shape.dims
      blocks[axis] = (blocks[axis] + groupSize - 1) / groupSize
      dims = blocks
    }
    let scale = operand(try Tensor.floats(params.scales, dims), "\(stem)_scale")
    var zeroPoint = ""
    if element.isFloat {
      let zeros = Data(count: params.scales.count)
      zeroPoint = operand(
        try Tensor(element, try Shape(dims), bytes: zeros), "\(stem)_zero_point")
    } else if element != .i32 {
      let values = params.zeroPoints.map { Int64($0) }
      zeroPoint = operand(
        try Tensor.integers(element, try Shape(dims), values), "\(stem)_zero_point")
    }
    let result = ParamNames(scale: scale, zeroPoint: zeroPoint)
    paramNames[key] = result
    return result
  }
}
