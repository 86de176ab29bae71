import Foundation
import Tensors

extension Onnx_AttributeProto {
  package static func int(_ name: String, _ value: Int) -> Onnx_AttributeProto {
    with(name, .int) { $0.i = Int64(value) }
  }

  package static func ints(_ name: String, _ values: [Int]) -> Onnx_AttributeProto {
    with(name, .ints) { $0.ints = values.map { Int64($0) } }
  }

  package static func bool(_ name: String, _ value: Bool) -> Onnx_AttributeProto {
    int(name, value ? 1 : 0)
  }

  package static func float(_ name: String, _ value: Float) -> Onnx_AttributeProto {
    with(name, .float) { $0.f = value }
  }

  package static func string(_ name: String, _ value: String) -> Onnx_AttributeProto {
    with(name, .string) { $0.s = Data(value.utf8) }
  }

  package static func tensor(_ name: String, _ value: Tensor) -> Onnx_AttributeProto {
    with(name, .tensor) { $0.t = Onnx_TensorProto(value, name: "") }
  }

  private static func with(
    _ name: String, _ type: AttributeType, _ set: (inout Onnx_AttributeProto) -> Void
  ) -> Onnx_AttributeProto {
    var proto = Onnx_AttributeProto()
    proto.name = name
    proto.type = type
    set(&proto)
    return proto
  }
}

extension Onnx_TensorProto {
  /// A tensor with raw data.
  package init(_ tensor: Tensor, name: String) {
    self.init()
    if !name.isEmpty { self.name = name }
    dims = tensor.shape.dims.map { Int64($0) }
    dataType = Int32(tensor.element.onnxType.rawValue)
    rawData = Data(tensor.bytes)
  }
}

extension Onnx_ValueInfoProto {
  /// A value of a static shape.
  package init(_ name: String, _ type: TensorType) {
    self.init()
    self.name = name
    var tensor = Onnx_TypeProto.Tensor()
    tensor.elemType = Int32(type.element.onnxType.rawValue)
    tensor.shape.dim = type.shape.dims.map { extent in
      var dimension = Onnx_TensorShapeProto.Dimension()
      dimension.dimValue = Int64(extent)
      return dimension
    }
    self.type.value = .tensorType(tensor)
  }
}

extension Onnx_NodeProto {
  package init(
    _ op: String, _ inputs: [String], _ outputs: [String], name: String = "",
    _ attributes: [Onnx_AttributeProto] = []
  ) {
    self.init()
    opType = op
    input = inputs
    output = outputs
    if !name.isEmpty { self.name = name }
    attribute = attributes
  }
}
