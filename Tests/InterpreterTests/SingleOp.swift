import Diagnostics
import GraphIR
import Interpreter
import Tensors
import TestSupport

/// A tensor with its type, as an operand of ``evaluate(_:_:)``.
struct Value {
  let tensor: Tensor
  let type: TensorType

  init(_ tensor: Tensor, _ params: QuantParams? = nil) {
    self.tensor = tensor
    type = TensorType(tensor.element, tensor.shape, params)
  }

  static func f32(_ values: [Float], _ dims: [Int]) throws -> Value {
    Value(try Tensor.floats(values, dims))
  }

  static func u8(_ values: [UInt8], _ dims: [Int], _ params: QuantParams) throws -> Value {
    Value(try Tensor(.u8, Shape(dims), values), params)
  }

  static func i8(_ values: [Int8], _ dims: [Int], _ params: QuantParams) throws -> Value {
    Value(try Tensor(.i8, Shape(dims), values), params)
  }

  static func i32(_ values: [Int32], _ dims: [Int]) throws -> Value {
    Value(try Tensor(.i32, Shape(dims), values))
  }

  static func i64(_ values: [Int64], _ dims: [Int]) throws -> Value {
    Value(try Tensor.int64s(values, dims))
  }
}

/// The op on its operands, with the type that it infers.
func evaluate(_ op: Op, _ operands: [Value]) throws -> Tensor {
  let types = operands.map(\.type)
  return try Interpreter.evaluate(
    op, operands: operands.map(\.tensor), operandTypes: types, type: op.resultType(types))
}

extension SeededGenerator {
  mutating func floats(_ count: Int, in range: ClosedRange<Float> = -2...2) -> [Float] {
    (0..<count).map { _ in Float.random(in: range, using: &self) }
  }

  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
  }

  mutating func weights(_ count: Int) -> [Int8] {
    (0..<count).map { _ in Int8.random(in: -127...127, using: &self) }
  }
}

/// The same numbers bit for bit; two NaNs are equal.
func isSame(_ lhs: [Float], _ rhs: [Float]) -> Bool {
  lhs.count == rhs.count
    && zip(lhs, rhs).allSatisfy { $0.bitPattern == $1.bitPattern || ($0.isNaN && $1.isNaN) }
}
