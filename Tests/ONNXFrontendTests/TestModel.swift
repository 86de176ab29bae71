import Diagnostics
import Foundation
import GraphIR
import Interpreter
import SwiftProtobuf
import Tensors

@testable import ONNXFrontend

/// A small ONNX model made in a test.
struct TestModel {
  var proto = Onnx_ModelProto()

  init(
    opset: Int = 21, inputs: [Onnx_ValueInfoProto], initializers: [(String, Tensor)] = [],
    nodes: [Onnx_NodeProto], outputs: [String]
  ) {
    proto.irVersion = 10
    var operators = Onnx_OperatorSetIdProto()
    operators.version = Int64(opset)
    proto.opsetImport = [operators]
    proto.graph.name = "test"
    proto.graph.input = inputs
    proto.graph.initializer = initializers.map { Onnx_TensorProto($0.1, name: $0.0) }
    proto.graph.node = nodes
    proto.graph.output = outputs.map { name in
      var value = Onnx_ValueInfoProto()
      value.name = name
      return value
    }
  }

  /// A model of one node, whose operands are inputs, or constants where they are listed as such.
  init(
    opset: Int = 21, _ op: String, _ operands: [Tensor], constants: Set<Int> = [],
    _ attributes: [Onnx_AttributeProto] = [], outputs: [String] = ["y"]
  ) {
    let names = operands.indices.map { "x\($0)" }
    self.init(
      opset: opset,
      inputs: operands.indices.filter { !constants.contains($0) }.map {
        Onnx_ValueInfoProto(names[$0], TensorType(operands[$0].element, operands[$0].shape))
      },
      initializers: constants.sorted().map { (names[$0], operands[$0]) },
      nodes: [Onnx_NodeProto(op, names, outputs, name: "node", attributes)], outputs: outputs)
  }

  var data: Data { get throws { try proto.serializedBytes() } }

  func imported() throws -> Graph { try ONNXModel(data: data).graph() }

  /// The error that reading or importing ends with.
  func refusal() throws -> Diagnostic? {
    do {
      _ = try imported()
      return nil
    } catch let error as Diagnostic {
      return error
    }
  }

  /// The ops of the graph that are neither inputs nor constants.
  func ops() throws -> [String] {
    try imported().nodes.map(\.op.mnemonic).filter { $0 != "input" && $0 != "constant" }
  }
}

extension Onnx_ValueInfoProto {
  /// An f32 value; a negative extent is left open, under the name `n`.
  static func floats(_ name: String, _ dims: [Int]) -> Onnx_ValueInfoProto {
    var value = Onnx_ValueInfoProto()
    value.name = name
    var tensor = Onnx_TypeProto.Tensor()
    tensor.elemType = Int32(Onnx_TensorProto.DataType.float.rawValue)
    tensor.shape.dim = dims.map { extent in
      var dimension = Onnx_TensorShapeProto.Dimension()
      dimension.value = extent < 0 ? .dimParam("n") : .dimValue(Int64(extent))
      return dimension
    }
    value.type.value = .tensorType(tensor)
    return value
  }
}

/// An f32 tensor that counts up from 0.
func counting(_ dims: Int...) throws -> Tensor {
  let shape = try Shape(dims)
  return try Tensor(.f32, shape, (0..<shape.elementCount).map { Float($0) })
}

func ints(_ values: Int64...) throws -> Tensor { try Tensor.int64s(values, [values.count]) }

/// What the model makes of its inputs.
func results(_ model: TestModel, _ inputs: [Tensor]) throws -> [Tensor] {
  try Interpreter(try model.imported()).run(inputs)
}
