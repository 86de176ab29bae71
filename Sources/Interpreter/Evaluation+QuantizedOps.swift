import CReference
import Diagnostics
import GraphIR
import QuantMath
import Tensors

extension Evaluation {
  func quantizedConv(_ conv: QuantizedConvolution) throws(Diagnostic) -> Tensor {
    let (x, weights) = (operands[0], operands[1])
    var geometry = try conv.geometry.geometry(
      x: x.shape, weights: weights.shape, result: type.shape)
    let params = try x.perTensorParams()
    var acc = [Int32](repeating: 0, count: type.shape.elementCount)
    guard
      qr_conv_i32(
        &geometry, try x.tensor.widened(), params.zeroPoint, weights.tensor.elements(Int8.self),
        operands[2].tensor.elements(Int32.self), &acc)
    else { throw Evaluation.memoryShort }
    let store = EpilogueStore(
      conv.epilogue, type, outer: type.shape[0], channels: type.shape[1],
      inner: type.shape.dims.dropFirst(2).reduce(1, *))
    return try store.stored(
      acc, lhsScale: params.scale, rhsScales: weights.type.quantization?.scales ?? [],
      residual: conv.epilogue.hasResidual ? operands[3] : nil)
  }

  func quantizedMatMul(_ matMul: QuantizedMatMul) throws(Diagnostic) -> Tensor {
    let params = try operands[0].perTensorParams()
    guard let weightParams = operands[1].type.quantization else {
      throw Diagnostic(.invalidQuantization, "q.matmul of weights without quantization")
    }
    let product = try MatrixProduct(operands[0].tensor, operands[1].tensor, result: type.shape)
    let zeroPoints =
      weightParams.isPerTensor
      ? [Int32](repeating: weightParams.zeroPoint, count: product.n) : weightParams.zeroPoints
    var acc = [Int32](repeating: 0, count: type.shape.elementCount)
    guard
      qr_matmul_i32(
        Int64(product.batch), Int64(product.m), Int64(product.k), Int64(product.n),
        try product.lhs.widened(), params.zeroPoint, try product.rhs.widened(), zeroPoints,
        matMul.hasBias ? operands[2].tensor.elements(Int32.self) : nil, &acc)
    else { throw Evaluation.memoryShort }
    let store = EpilogueStore(
      matMul.epilogue, type, outer: product.batch * product.m, channels: product.n, inner: 1)
    return try store.stored(
      acc, lhsScale: params.scale, rhsScales: weightParams.scales,
      residual: matMul.epilogue.hasResidual ? operands[operands.count - 1] : nil)
  }

  func quantizedBinary(_ binary: QuantizedBinary) throws(Diagnostic) -> Tensor {
    let (lhs, rhs) = (try operands[0].perTensorParams(), try operands[1].perTensorParams())
    let left = try operands[0].tensor.broadcast(to: type.shape)
    let right = try operands[1].tensor.broadcast(to: type.shape)
    let store = EpilogueStore(
      Epilogue(hasResidual: false, clamp: binary.clamp, result: binary.result), type, outer: 1,
      channels: 1, inner: type.shape.elementCount)
    if binary.function == .mul {
      var acc = [Int32](repeating: 0, count: type.shape.elementCount)
      qr_quantized_product(
        Int64(acc.count), try left.widened(), lhs.zeroPoint, try right.widened(), rhs.zeroPoint,
        &acc)
      return try store.stored(acc, lhsScale: lhs.scale, rhsScales: [rhs.scale], residual: nil)
    }
    guard binary.function == .add || binary.function == .sub else {
      throw Diagnostic(.invalidGraph, "\(op.mnemonic) of '\(binary.function.rawValue)'")
    }
    let lhsMultiplier = try store.rescale(lhs.scale)
    let rhsMultiplier = try store.rescale(rhs.scale)
    var t = [Float](repeating: 0, count: type.shape.elementCount)
    qr_quantized_sum(
      Int64(t.count), try left.widened(), lhs.zeroPoint, lhsMultiplier, try right.widened(),
      rhs.zeroPoint, binary.function == .sub ? -rhsMultiplier : rhsMultiplier, &t)
    return try store.stored(steps: t)
  }

  func quantizedPool(_ pool: QuantizedPool) throws(Diagnostic) -> Tensor {
    let (x, params) = (operands[0], try operands[0].perTensorParams())
    var window = try pool.pooling.geometry(x: x.shape, result: type.shape)
    var acc = [Int32](repeating: 0, count: type.shape.elementCount)
    var counts = acc
    qr_pool_sum_i32(
      Int64(x.shape[0] * x.shape[1]), &window, pool.pooling.countIncludesPad,
      try x.tensor.widened(), params.zeroPoint, &acc, &counts)
    let store = EpilogueStore(
      Epilogue(hasResidual: false, clamp: .none, result: pool.result), type, outer: 1,
      channels: acc.count, inner: 1)
    var byCount: [Int32: Float] = [:]
    for count in Set(counts) {
      byCount[count] = try store.average(params.scale, count: max(Int(count), 1))
    }
    return try store.stored(acc, multipliers: counts.map { byCount[$0] ?? 0 }, residual: nil)
  }

  func quantizedResize(_ resize: QuantizedResize) throws(Diagnostic) -> Tensor {
    let (x, params) = (operands[0], try operands[0].perTensorParams())
    let differences = (x.tensor.integers ?? []).map { Float($0 - Int64(params.zeroPoint)) }
    let interpolated = try self.resize(resize.resize, of: Tensor(.f32, x.shape, differences))
    let store = EpilogueStore(
      Epilogue(hasResidual: false, clamp: .none, result: resize.result), type, outer: 1,
      channels: 1, inner: type.shape.elementCount)
    let multiplier = try store.rescale(params.scale)
    return try store.stored(steps: interpolated.floats.map { $0 * multiplier })
  }

  func lookup(_ lookup: Lookup) throws(Diagnostic) -> Tensor {
    let x = operands[0].tensor
    guard x.element.bitWidth == 8 else { throw unsupported(x.element.rawValue) }
    var bytes = [UInt8](repeating: 0, count: x.bytes.count)
    qr_lookup(Int64(bytes.count), lookup.table, x.byteArray, &bytes)
    return try Tensor.of(lookup.element, x.shape, bytes: bytes)
  }
}
