import Diagnostics
import GraphIR
import Tensors

extension Importer {
  /// The quantization that constant scales and zero points describe; `nil` when they are not
  /// constant.
  ///
  /// - Throws: `QC3003` when scales do not fit the tensor, or are no finite positive numbers.
  func constantParams(
    _ scale: ValueID, _ zeroPoint: ValueID?, of type: TensorType,
    _ placement: QuantizationPlacement, _ op: Op = .input
  ) throws(Diagnostic) -> QuantParams? {
    guard let scales = graph.constant(scale) else { return nil }
    let zeroPoints = zeroPoint.flatMap { graph.constant($0) }
    guard zeroPoint == nil || zeroPoints != nil else { return nil }
    guard let values = scales.realValues, scales.element.isFloat else {
      throw Diagnostic(
        .invalidQuantization, "scales of the type \(scales.element.rawValue) are not supported")
    }
    let granularity = try granularity(scales.shape, of: type.shape, placement, op)
    var offsets = [Int32](repeating: 0, count: values.count)
    if let zeroPoints {
      guard zeroPoints.shape.elementCount == values.count else {
        throw Diagnostic(
          .invalidQuantization,
          "\(values.count) scales and \(zeroPoints.shape.elementCount) zero points")
      }
      offsets = try integerOffsets(zeroPoints)
    }
    return try QuantParams(granularity, scales: values, zeroPoints: offsets)
  }

  /// - Throws: `QC3003` for a zero point of an 8-bit float type that is not 0.
  private func integerOffsets(_ zeroPoints: Tensor) throws(Diagnostic) -> [Int32] {
    if let integers = zeroPoints.integers {
      return integers.map { Int32(truncatingIfNeeded: $0) }
    }
    guard zeroPoints.element.bitWidth == 8, zeroPoints.bytes.allSatisfy({ $0 & 0x7f == 0 }) else {
      throw Diagnostic(
        .invalidQuantization, "a zero point of \(zeroPoints.element.rawValue) that is not 0")
    }
    return [Int32](repeating: 0, count: zeroPoints.shape.elementCount)
  }

  /// One scale in a vector is of the whole tensor, but for constants, whose channels may be one.
  private func granularity(
    _ scales: Shape, of shape: Shape, _ placement: QuantizationPlacement, _ op: Op
  ) throws(Diagnostic) -> QuantParams.Granularity {
    let (axis, blockSize) = (placement.axis, placement.blockSize)
    if scales.rank == 0 { return .perTensor }
    let extent = shape.rank == 0 ? 1 : shape[axis]
    if scales.rank == 1, blockSize == 0 || shape.rank != 1 {
      if scales.elementCount == 1 {
        guard case .constant = op, shape.rank > 0, extent == 1 else { return .perTensor }
        return .perChannel(axis: axis)
      }
      guard shape.rank > 0, scales.elementCount == extent else { throw mismatch(scales, shape) }
      return .perChannel(axis: axis)
    }
    guard scales.rank == shape.rank, blockSize > 0 else { throw mismatch(scales, shape) }
    var expected = shape.dims
    expected[axis] = (extent + blockSize - 1) / blockSize
    guard expected == scales.dims else { throw mismatch(scales, shape) }
    return .perGroup(axis: axis, groupSize: blockSize)
  }

  private func mismatch(_ scales: Shape, _ shape: Shape) -> Diagnostic {
    Diagnostic(.invalidQuantization, "scales of [\(scales)] for a tensor of [\(shape)]")
  }
}
