import Diagnostics
import GraphIR
import Tensors

/// Evaluates the ops that shapes, indices and masks are computed with, when all operands are
/// constants.
///
/// Import needs these values; everything else is folded later, by the interpreter. Integers wrap
/// at the width of their type. Of float ops only those are folded that IEEE 754 defines.
enum ConstantFolding {
  /// Results of more elements are left to later passes.
  static let elementLimit = 1 << 18

  /// The result, or `nil` when the op is not folded here.
  ///
  /// - Throws: what the op's table of types refuses.
  static func fold(_ op: Op, _ operands: [Node]) throws(Diagnostic) -> Tensor? {
    var tensors: [Tensor] = []
    for operand in operands {
      guard case .constant(let tensor) = operand.op, operand.type.quantization == nil else {
        return nil
      }
      tensors.append(tensor)
    }
    guard !tensors.isEmpty else { return nil }
    let type = try op.resultType(operands.map(\.type))
    guard type.quantization == nil else { return nil }
    if case .reshape = op { return try tensors[0].reshaped(type.shape) }
    guard type.shape.elementCount <= elementLimit,
      tensors.allSatisfy({ $0.shape.elementCount <= elementLimit })
    else { return nil }
    if let moved = try Movement(op, tensors, type)?.result { return moved }
    return try arithmetic(op, tensors, type)
  }

  private static func arithmetic(
    _ op: Op, _ operands: [Tensor], _ type: TensorType
  ) throws(Diagnostic) -> Tensor? {
    switch op {
    case .cast(let cast):
      return try self.cast(operands[0], to: cast.element)
    case .unary(let function):
      return try unary(function, operands[0])
    case .binary(let function):
      return try binary(function, operands[0], operands[1], type)
    case .reduce(let reduction):
      return try reduce(reduction, operands[0], type)
    default:
      return nil
    }
  }

  // MARK: Cast and unary

  private static func cast(
    _ tensor: Tensor, to element: ElementType
  ) throws(Diagnostic) -> Tensor? {
    if tensor.element == element { return tensor }
    if let integers = tensor.integers, tensor.element != .u64 {
      if element == .f32 { return try Tensor(.f32, tensor.shape, integers.map { Float($0) }) }
      guard !element.isFloat else { return nil }
      return try Tensor.integers(element, tensor.shape, integers)
    }
    guard tensor.element == .f32, !element.isFloat else { return nil }
    if element == .bool {
      return try Tensor.integers(.bool, tensor.shape, tensor.floats.map { $0 == 0 ? 0 : 1 })
    }
    guard let bounds = element.integerBounds else { return nil }
    var integers: [Int64] = []
    for value in tensor.floats {
      guard let integer = Int64(exactly: value.rounded(.towardZero)), bounds.contains(integer)
      else { return nil }
      integers.append(integer)
    }
    return try Tensor.integers(element, tensor.shape, integers)
  }

  private static func unary(
    _ function: UnaryFunction, _ tensor: Tensor
  ) throws(Diagnostic) -> Tensor? {
    if tensor.element == .f32 {
      let apply: (Float) -> Float
      switch function {
      case .neg: apply = { -$0 }
      case .abs: apply = { abs($0) }
      case .floor: apply = { $0.rounded(.down) }
      case .ceil: apply = { $0.rounded(.up) }
      case .round: apply = { $0.rounded(.toNearestOrEven) }
      case .sqrt: apply = { $0.squareRoot() }
      default: return nil
      }
      return try Tensor(.f32, tensor.shape, tensor.floats.map(apply))
    }
    guard let integers = tensor.integers, tensor.element != .u64 else { return nil }
    switch function {
    case .neg:
      return try Tensor.integers(tensor.element, tensor.shape, integers.map { 0 &- $0 })
    case .abs:
      return try Tensor.integers(
        tensor.element, tensor.shape, integers.map { $0 < 0 ? 0 &- $0 : $0 })
    case .not where tensor.element == .bool:
      return try Tensor.integers(.bool, tensor.shape, integers.map { 1 - $0 })
    default:
      return nil
    }
  }

  // MARK: Binary

  private static func binary(
    _ function: BinaryFunction, _ lhs: Tensor, _ rhs: Tensor, _ type: TensorType
  ) throws(Diagnostic) -> Tensor? {
    guard lhs.element == rhs.element else { return nil }
    let left = BroadcastIndex(lhs.shape, to: type.shape).offsets
    let right = BroadcastIndex(rhs.shape, to: type.shape).offsets
    if lhs.element == .f32 {
      let (a, b) = (lhs.floats, rhs.floats)
      if let apply = floatFunction(function) {
        return try Tensor(.f32, type.shape, zip(left, right).map { apply(a[$0], b[$1]) })
      }
      guard let compare = comparison(function, Float.self) else { return nil }
      return try Tensor.integers(
        .bool, type.shape, zip(left, right).map { compare(a[$0], b[$1]) ? 1 : 0 })
    }
    guard lhs.element != .u64, let a = lhs.integers, let b = rhs.integers else { return nil }
    if let compare = comparison(function, Int64.self) {
      return try Tensor.integers(
        .bool, type.shape, zip(left, right).map { compare(a[$0], b[$1]) ? 1 : 0 })
    }
    var values: [Int64] = []
    values.reserveCapacity(type.shape.elementCount)
    for (i, j) in zip(left, right) {
      guard let value = integer(function, a[i], b[j]) else { return nil }
      values.append(value)
    }
    return try Tensor.integers(type.element, type.shape, values)
  }

  private static func floatFunction(_ function: BinaryFunction) -> ((Float, Float) -> Float)? {
    switch function {
    case .add: { $0 + $1 }
    case .sub: { $0 - $1 }
    case .mul: { $0 * $1 }
    case .div: { $0 / $1 }
    default: nil
    }
  }

  private static func comparison<Value: Comparable>(
    _ function: BinaryFunction, _ type: Value.Type
  ) -> ((Value, Value) -> Bool)? {
    switch function {
    case .equal: { $0 == $1 }
    case .less: { $0 < $1 }
    case .greater: { $0 > $1 }
    case .lessOrEqual: { $0 <= $1 }
    case .greaterOrEqual: { $0 >= $1 }
    default: nil
    }
  }

  /// `nil` for a division by zero and for functions that are not folded.
  private static func integer(_ function: BinaryFunction, _ a: Int64, _ b: Int64) -> Int64? {
    switch function {
    case .add: return a &+ b
    case .sub: return a &- b
    case .mul: return a &* b
    case .min: return min(a, b)
    case .max: return max(a, b)
    case .and: return a & b
    case .or: return a | b
    case .xor: return a ^ b
    case .div:
      let (quotient, overflow) = a.dividedReportingOverflow(by: b)
      return overflow ? nil : quotient
    case .fmod, .mod:
      let (remainder, overflow) = a.remainderReportingOverflow(dividingBy: b)
      guard !overflow else { return nil }
      return function == .mod && remainder != 0 && (remainder < 0) != (b < 0)
        ? remainder + b : remainder
    case .pow, .prelu, .equal, .less, .greater, .lessOrEqual, .greaterOrEqual:
      return nil
    }
  }

  // MARK: Reduction

  private static func reduce(
    _ reduction: Reduction, _ tensor: Tensor, _ type: TensorType
  ) throws(Diagnostic) -> Tensor? {
    guard tensor.element != .u64, tensor.element != .bool, let integers = tensor.integers,
      reduction.axes.count == tensor.shape.rank, !integers.isEmpty
    else { return nil }
    let combine: (Int64, Int64) -> Int64
    switch reduction.kind {
    case .sum: combine = { $0 &+ $1 }
    case .prod: combine = { $0 &* $1 }
    case .min: combine = { min($0, $1) }
    case .max: combine = { max($0, $1) }
    case .mean, .sumOfSquares, .l1, .l2: return nil
    }
    let value = integers.dropFirst().reduce(integers[0], combine)
    return try Tensor.integers(tensor.element, type.shape, [value])
  }
}
