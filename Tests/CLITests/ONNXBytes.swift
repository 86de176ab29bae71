import Foundation

/// An ONNX model as bytes, encoded here so that it can break any rule.
///
/// Source: `onnx.proto`, the field numbers of ModelProto, GraphProto, NodeProto, TensorProto.
struct ONNXBytes {
  /// A dimension: an extent, of any sign.
  struct Value {
    var name: String
    var dims: [Int]
  }

  struct Node {
    var op: String
    var inputs: [String]
    var outputs: [String]
    var name = "node"
    var domain = ""
    var ints: [(name: String, values: [Int])] = []
  }

  struct Constant {
    enum Elements {
      case floats([Float])
      case int8s([Int8])
      case uint8s([UInt8])
    }

    var name: String
    var dims: [Int]
    var elements: Elements
  }

  var opset = 17
  var inputs = [Value(name: "x", dims: [1, 4])]
  var constants: [Constant] = []
  var nodes: [Node] = []
  var outputs = [Value(name: "y", dims: [1, 4])]

  var data: Data {
    var graph = Message()
    for node in nodes { graph.append(1, ONNXBytes.message(node)) }
    graph.append(2, "graph")
    for constant in constants { graph.append(5, ONNXBytes.message(constant)) }
    for value in inputs { graph.append(11, ONNXBytes.message(value)) }
    for value in outputs { graph.append(12, ONNXBytes.message(value)) }
    var operators = Message()
    operators.append(2, opset)
    var model = Message()
    model.append(1, 8)
    model.append(7, graph)
    model.append(8, operators)
    return model.bytes
  }

  private static func message(_ node: Node) -> Message {
    var message = Message()
    for input in node.inputs { message.append(1, input) }
    for output in node.outputs { message.append(2, output) }
    message.append(3, node.name)
    message.append(4, node.op)
    for (name, values) in node.ints {
      var attribute = Message()
      attribute.append(1, name)
      attribute.append(20, 7)
      for value in values { attribute.append(8, value) }
      message.append(5, attribute)
    }
    if !node.domain.isEmpty { message.append(7, node.domain) }
    return message
  }

  private static func message(_ constant: Constant) -> Message {
    var message = Message()
    for extent in constant.dims { message.append(1, extent) }
    switch constant.elements {
    case .floats(let values):
      message.append(2, 1)
      message.append(8, constant.name)
      message.append(9, values.withUnsafeBytes { Data($0) })
    case .int8s(let values):
      message.append(2, 3)
      message.append(8, constant.name)
      message.append(9, Data(values.map { UInt8(bitPattern: $0) }))
    case .uint8s(let values):
      message.append(2, 2)
      message.append(8, constant.name)
      message.append(9, Data(values))
    }
    return message
  }

  private static func message(_ value: Value) -> Message {
    var shape = Message()
    for extent in value.dims {
      var dimension = Message()
      dimension.append(1, extent)
      shape.append(1, dimension)
    }
    var tensor = Message()
    tensor.append(1, 1)
    tensor.append(2, shape)
    var type = Message()
    type.append(1, tensor)
    var message = Message()
    message.append(1, value.name)
    message.append(2, type)
    return message
  }

  /// A protobuf message on the wire.
  private struct Message {
    var bytes = Data()

    mutating func append(_ field: Int, _ value: Int) {
      varint(UInt64(field) << 3)
      varint(UInt64(bitPattern: Int64(value)))
    }

    mutating func append(_ field: Int, _ value: Data) {
      varint(UInt64(field) << 3 | 2)
      varint(UInt64(value.count))
      bytes.append(value)
    }

    mutating func append(_ field: Int, _ value: String) { append(field, Data(value.utf8)) }

    mutating func append(_ field: Int, _ value: Message) { append(field, value.bytes) }

    private mutating func varint(_ value: UInt64) {
      var rest = value
      while rest > 127 {
        bytes.append(UInt8(rest & 127) | 128)
        rest >>= 7
      }
      bytes.append(UInt8(rest))
    }
  }
}
