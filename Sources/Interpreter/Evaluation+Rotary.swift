import CReference
import Diagnostics
import GraphIR
import QuantMath
import Tensors

extension Evaluation {
  func rotaryEmbedding(_ rotary: RotaryEmbedding) throws(Diagnostic) -> Tensor {
    let y = try turned(rotary, try operands[0].tensor.asFloats())
    return try Tensor.rounding(y, to: type.element, type.shape)
  }

  /// The float op between a `dequantize` and a `quantize`, each where it is one.
  func rotaryEmbedding(_ quantized: QuantizedRotaryEmbedding) throws(Diagnostic) -> Tensor {
    let x = operands[0].tensor
    var floats = operands[0].type.quantization == nil ? try x.asFloats() : []
    if let params = operands[0].type.quantization {
      floats = [Float](repeating: 0, count: x.shape.elementCount)
      qr_dequantize(
        1, 1, Int64(floats.count), try x.widened(), params.scales, params.zeroPoints, &floats)
    }
    let y = try turned(quantized.rotary, floats)
    switch quantized.result {
    case .float:
      return try Tensor(.f32, type.shape, y)
    case .quantized(let element, let params):
      guard let bounds = element.storageBounds else { throw unsupported(element.rawValue) }
      let store = qr_store(
        zero_point: params.zeroPoint, low: bounds.lowerBound, high: bounds.upperBound)
      var q = [Int32](repeating: 0, count: y.count)
      qr_quantize(1, 1, Int64(y.count), y, [params.scale], [store], &q)
      return try Tensor.narrowing(q, to: element, type.shape)
    }
  }

  private func turned(_ rotary: RotaryEmbedding, _ x: [Float]) throws(Diagnostic) -> [Float] {
    let dims = type.shape.dims
    guard let count = dims.last else { throw unsupported("a scalar") }
    let each = try Shape(dims.dropLast() + [rotary.size / 2])
    let cosines = try operands[1].tensor.broadcast(to: each).asFloats()
    let sines = try operands[2].tensor.broadcast(to: each).asFloats()
    var y = x
    qr_rotary(
      Int64(count == 0 ? 0 : x.count / count), Int64(count), Int64(rotary.size),
      rotary.pairing == .interleaved, x, cosines, sines, &y)
    return y
  }
}
