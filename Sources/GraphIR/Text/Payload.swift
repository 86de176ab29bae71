import Diagnostics
import Foundation
import Tensors

/// The value of a constant as the text gives it.
enum Payload {
  case list(Attribute)
  case bytes([UInt8])

  func tensor(_ type: TensorType, _ scanner: Scanner) throws(Diagnostic) -> Tensor {
    switch self {
    case .bytes(let bytes):
      return try Tensor(type.element, type.shape, bytes: Data(bytes))
    case .list(let list):
      let floats: [Float]
      switch list {
      case .ints(let values):
        guard type.element == .f32 else {
          guard values.count == type.shape.elementCount else { throw wrongCount(scanner, type) }
          return try Tensor.integers(type.element, type.shape, values.map { Int64($0) })
        }
        floats = values.map { Float($0) }
      case .floats(let values) where type.element == .f32:
        floats = values
      default:
        throw scanner.problem("these values do not make a constant of \(type)")
      }
      guard floats.count == type.shape.elementCount else { throw wrongCount(scanner, type) }
      return try Tensor(.f32, type.shape, floats)
    }
  }

  private func wrongCount(_ scanner: Scanner, _ type: TensorType) -> Diagnostic {
    scanner.problem("a constant of \(type) needs \(type.shape.elementCount) values")
  }
}
