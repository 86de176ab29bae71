import CReference
import Diagnostics
import GraphIR
import QuantMath
import Tensors

extension Evaluation {
  func quantize(_ quantize: Quantize) throws(Diagnostic) -> Tensor {
    let layout = try ChannelScales(quantize.params, operands[0].shape)
    let x = try operands[0].tensor.asFloats()
    if quantize.element == .f8e4m3 || quantize.element == .f8e5m2 {
      let inner = layout.inner
      let quotients = x.enumerated().map { $1 / layout.scales[$0 / inner % layout.channels] }
      return try Tensor.rounding(quotients, to: quantize.element, type.shape)
    }
    guard let bounds = quantize.element.storageBounds else {
      throw unsupported(quantize.element.rawValue)
    }
    let stores = layout.zeroPoints.map {
      qr_store(zero_point: $0, low: bounds.lowerBound, high: bounds.upperBound)
    }
    var q = [Int32](repeating: 0, count: x.count)
    qr_quantize(
      Int64(layout.outer), Int64(layout.channels), Int64(layout.inner), x, layout.scales, stores,
      &q)
    return try Tensor.narrowing(q, to: quantize.element, type.shape)
  }

  func dequantize() throws(Diagnostic) -> Tensor {
    let x = operands[0].tensor
    guard let params = operands[0].type.quantization else {
      throw Diagnostic(.invalidQuantization, "dequantize of a tensor without quantization")
    }
    let layout = try ChannelScales(params, x.shape)
    if let floats = x.narrowFloats {
      let inner = layout.inner
      let y = floats.enumerated().map { $1 * layout.scales[$0 / inner % layout.channels] }
      return try Tensor(.f32, type.shape, y)
    }
    var y = [Float](repeating: 0, count: x.shape.elementCount)
    qr_dequantize(
      Int64(layout.outer), Int64(layout.channels), Int64(layout.inner), try x.widened(),
      layout.scales, layout.zeroPoints, &y)
    return try Tensor.rounding(y, to: type.element, type.shape)
  }
}

extension Tensor {
  /// The stored integers of a type of at most 32 bits; u32 wraps.
  func widened() throws(Diagnostic) -> [Int32] {
    guard let bounds = integerBounds, element.bitWidth <= 32 else {
      throw Diagnostic(.unsupportedElementType, "\(element.rawValue) as quantized storage")
    }
    if element.bitWidth < 8 { return (integers ?? []).map { Int32($0) } }
    var result = [Int32](repeating: 0, count: shape.elementCount)
    qr_widen(
      Int64(element.bitWidth / 8), bounds.lowerBound < 0, Int64(result.count), byteArray, &result)
    return result
  }

  private var integerBounds: ClosedRange<Int64>? { element.integerBounds }

  /// A tensor of an integer type of at most 32 bits from integers within its bounds.
  static func narrowing(
    _ values: [Int32], to element: ElementType, _ shape: Shape
  ) throws(Diagnostic) -> Tensor {
    guard element.bitWidth >= 8 else {
      return try integers(element, shape, values.map { Int64($0) })
    }
    var bytes = [UInt8](repeating: 0, count: values.count * element.bitWidth / 8)
    qr_narrow(Int64(element.bitWidth / 8), Int64(values.count), values, &bytes)
    return try of(element, shape, bytes: bytes)
  }
}
