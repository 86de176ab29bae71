import Diagnostics
import Tensors

extension Op {
  /// The type that a movement op makes: the operand's, but for the shape.
  func movementType(_ operands: [TensorType]) throws(Diagnostic) -> TensorType {
    var type = operands[0]
    switch self {
    case .reshape(let reshape):
      guard reshape.shape.elementCount == type.shape.elementCount else {
        throw Diagnostic(.shapeMismatch, "reshape of [\(type.shape)] to [\(reshape.shape)]")
      }
      type.shape = reshape.shape
    case .expand(let expand):
      guard type.shape.broadcast(with: expand.shape) == expand.shape else {
        throw Diagnostic(.shapeMismatch, "expand of [\(type.shape)] to [\(expand.shape)]")
      }
      type.shape = expand.shape
    case .transpose(let transpose):
      guard transpose.permutation.count == type.shape.rank else {
        throw Diagnostic(
          .shapeMismatch, "transpose of [\(type.shape)] by \(transpose.permutation)")
      }
      type.shape = try Shape(transpose.permutation.map { type.shape[$0] })
    case .concat(let concat):
      type.shape = try concatShape(operands, axis: concat.axis)
    case .slice(let slice):
      type.shape = try slice.resultShape(type.shape)
    case .gather(let gather):
      let axis = try type.shape.normalizedAxis(gather.axis)
      guard operands[1].element == .i64 || operands[1].element == .i32 else {
        throw Diagnostic(
          .elementTypeMismatch, "gather indices are \(operands[1].element.rawValue)")
      }
      let dims = type.shape.dims
      type.shape = try Shape(
        Array(dims[..<axis]) + operands[1].shape.dims + Array(dims[(axis + 1)...]))
    case .pad(let padding):
      type.shape = try padding.resultShape(type.shape)
    case .resize(let resize):
      guard resize.sizes.count == type.shape.rank, resize.scales.count == type.shape.rank else {
        throw Diagnostic(.shapeMismatch, "resize of [\(type.shape)] to \(resize.sizes)")
      }
      type.shape = try Shape(resize.sizes)
    default:
      throw Diagnostic(.internalError, "\(mnemonic) is no movement")
    }
    if let params = type.quantization, !params.isPerTensor, type.shape != operands[0].shape {
      throw Diagnostic(
        .invalidQuantization, "\(mnemonic) of a tensor that is not quantized per tensor")
    }
    return type
  }

  private func concatShape(_ operands: [TensorType], axis: Int) throws(Diagnostic) -> Shape {
    var dims = operands[0].shape.dims
    guard dims.indices.contains(axis) else {
      throw Diagnostic(.invalidAttribute, "concat axis \(axis) of [\(operands[0].shape)]")
    }
    for other in operands.dropFirst() {
      var rest = other.shape.dims
      guard rest.count == dims.count, other.element == operands[0].element else {
        throw mismatch(operands)
      }
      guard other.quantization == operands[0].quantization else {
        throw Diagnostic(.invalidQuantization, "concat of tensors with different scales")
      }
      let extent = rest[axis]
      rest[axis] = dims[axis]
      guard rest == dims else { throw mismatch(operands) }
      dims[axis] += extent
    }
    return try Shape(dims)
  }
}
