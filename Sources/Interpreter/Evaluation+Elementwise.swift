import CReference
import Diagnostics
import GraphIR
import Tensors

extension Evaluation {
  func unary(_ function: UnaryFunction) throws(Diagnostic) -> Tensor {
    let x = operands[0].tensor
    if case .not = function {
      guard x.element == .bool else { throw unsupported(x.element.rawValue) }
      return try Tensor(.bool, x.shape, x.byteArray.map { UInt8($0 == 0 ? 1 : 0) })
    }
    if let integers = x.integers {
      var result: [Int64] = []
      for value in integers {
        guard let mapped = function.integerValue(at: value) else {
          throw unsupported(x.element.rawValue)
        }
        result.append(mapped)
      }
      return try Tensor.integers(x.element, x.shape, result)
    }
    if x.element == .f64 {
      return try Tensor(.f64, x.shape, x.doubles.map { function.wideValue(at: $0) })
    }
    let (code, alpha, beta) = function.code
    var constants = qr_constants.reference
    var y = [Float](repeating: 0, count: x.shape.elementCount)
    qr_unary_f32(&constants, code, alpha, beta, Int64(y.count), try x.asFloats(), &y)
    return try Tensor.rounding(y, to: x.element, x.shape)
  }

  func binary(_ function: BinaryFunction) throws(Diagnostic) -> Tensor {
    guard let shape = operands[0].shape.broadcast(with: operands[1].shape) else {
      throw Diagnostic(
        .shapeMismatch, "\(op.mnemonic) of [\(operands[0].shape)] and [\(operands[1].shape)]")
    }
    let lhs = try operands[0].tensor.broadcast(to: shape)
    let rhs = try operands[1].tensor.broadcast(to: shape)
    if function.isPredicate { return try predicate(function, lhs, rhs) }
    let isExactInteger = lhs.integers != nil
    if isExactInteger, function != .pow || rhs.integers != nil {
      return try integerBinary(function, lhs, rhs)
    }
    if isExactInteger || lhs.element == .f64 || function == .mod || function == .fmod {
      let pairs = zip(lhs.doubles, rhs.doubles)
      let y = pairs.map { function.wideValue($0, $1) }
      return isExactInteger
        ? try Tensor(.f64, shape, y).cast(to: Cast(lhs.element))
        : try Tensor.rounding(y, to: lhs.element, shape)
    }
    guard let code = function.code else { throw unsupported(lhs.element.rawValue) }
    // The exponent of a power may be of any type.
    let right = rhs.integers == nil ? try rhs.asFloats() : rhs.doubles.map { Float($0) }
    var constants = qr_constants.reference
    var y = [Float](repeating: 0, count: shape.elementCount)
    qr_binary_f32(&constants, code, Int64(y.count), try lhs.asFloats(), right, &y)
    return try Tensor.rounding(y, to: lhs.element, shape)
  }

  private func predicate(
    _ function: BinaryFunction, _ lhs: Tensor, _ rhs: Tensor
  ) throws(Diagnostic) -> Tensor {
    let flags: [Bool]
    if lhs.element == .u64 {
      flags = zip(lhs.elements(UInt64.self), rhs.elements(UInt64.self)).map {
        function.holds($0, $1)
      }
    } else if let left = lhs.integers, let right = rhs.integers {
      flags = zip(left, right).map { function.holds($0, $1) }
    } else {
      flags = zip(lhs.doubles, rhs.doubles).map { function.holds($0, $1) }
    }
    return try Tensor(.bool, lhs.shape, flags.map { UInt8($0 ? 1 : 0) })
  }

  private func integerBinary(
    _ function: BinaryFunction, _ lhs: Tensor, _ rhs: Tensor
  ) throws(Diagnostic) -> Tensor {
    if lhs.element == .u64, rhs.element == .u64 {
      let pairs = zip(lhs.elements(UInt64.self), rhs.elements(UInt64.self))
      let y = try function.applied(pairs.map { ($0, $1) })
      return try Tensor(.u64, lhs.shape, y)
    }
    guard let left = lhs.integers, let right = rhs.integers else {
      throw unsupported(rhs.element.rawValue)
    }
    let y = try function.applied(zip(left, right).map { ($0, $1) })
    return try Tensor.integers(lhs.element, lhs.shape, y)
  }

  func select() throws(Diagnostic) -> Tensor {
    let condition = try operands[0].tensor.broadcast(to: type.shape)
    let then = try operands[1].tensor.broadcast(to: type.shape)
    let otherwise = try operands[2].tensor.broadcast(to: type.shape)
    guard type.element.bitWidth >= 8 else { throw unsupported(type.element.rawValue) }
    var bytes = [UInt8](repeating: 0, count: then.bytes.count)
    qr_select(
      Int64(type.element.bitWidth / 8), Int64(type.shape.elementCount), condition.byteArray,
      then.byteArray, otherwise.byteArray, &bytes)
    return try Tensor.of(type.element, type.shape, bytes: bytes)
  }
}
