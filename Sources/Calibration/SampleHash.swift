import Foundation
import Tensors

/// SHA-256 of the inputs of one sample: names, element types, shapes and bytes, by name.
enum SampleHash {
  static func hex(of inputs: [String: Tensor]) -> String {
    var form = Data()
    for name in inputs.keys.sorted() {
      guard let tensor = inputs[name] else { continue }
      let type = "\(tensor.element.rawValue) \(tensor.shape)"
      form.append(Data("\(name.utf8.count) \(name) \(type) \(tensor.bytes.count)\n".utf8))
      form.append(tensor.bytes)
    }
    return SHA256Digest.hex(of: form)
  }
}
