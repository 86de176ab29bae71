import Diagnostics
import Foundation
import SwiftProtobuf
import Tensors

extension Tensor {
  /// The tensor in a file that holds one serialized `TensorProto`, as ONNX keeps test data.
  ///
  /// - Throws: `QC1002` for bytes that are no such tensor, and what ``TensorDecoder`` refuses.
  package init(onnxFile data: Data) throws(Diagnostic) {
    let proto: Onnx_TensorProto
    do {
      proto = try Onnx_TensorProto(serializedBytes: data)
    } catch {
      throw Diagnostic(.malformedModel, "not a readable ONNX tensor: \(error)")
    }
    var decoder = TensorDecoder(folder: nil)
    self = try decoder.tensor(proto)
  }
}
