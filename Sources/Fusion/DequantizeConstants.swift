import Diagnostics
import GraphIR
import QuantMath
import Tensors

/// Rewrites the `dequantize` of a constant to the f32 constant.
///
/// - Applies: to weights that only float ops read, as in models whose activations are not
///   quantized; integer ops have taken the others by then.
/// - Numerics: none; the constant holds the same sentence.
package let dequantizeConstants = Pass(
  "dequantize-constants",
  rules: [
    RewriteRule("dequantize-constants") { (id, graph) throws(Diagnostic) in
      guard case .dequantize = graph.op(id), case let source = graph.operand(0, of: id),
        let tensor = graph.constant(source), let params = graph.quantization(of: source),
        let reals = try tensor.dequantized(params)
      else { return nil }
      let constant = graph.appendConstant(reals)
      graph.settle(constant, took: [id])
      graph.bequeathName(of: id, to: constant)
      return constant
    }
  ])

extension Tensor {
  /// The real numbers that quantized elements stand for; `nil` for types that nothing is stored in.
  fileprivate func dequantized(_ params: QuantParams) throws(Diagnostic) -> Tensor? {
    let layout = try ChannelScales(params, shape)
    switch element {
    case .i8: return try floats(layout.reals(elements(Int8.self)))
    case .u8: return try floats(layout.reals(elements(UInt8.self)))
    case .i16: return try floats(layout.reals(elements(Int16.self)))
    case .u16: return try floats(layout.reals(elements(UInt16.self)))
    case .i32: return try floats(layout.reals(elements(Int32.self)))
    case .i4, .u4: return try floats(layout.reals(integers ?? []))
    case .f8e4m3, .f8e5m2:
      let numbers = elements(UInt8.self).map { Float8Conversion.float($0, from: element) }
      return try floats(layout.mapped(numbers) { value, scale, _ in value * scale })
    case .f32, .f64, .f16, .bf16, .u32, .i64, .u64, .bool: return nil
    }
  }

  private func floats(_ values: [Float]) throws(Diagnostic) -> Tensor {
    try Tensor(.f32, shape, values)
  }
}

extension ChannelScales {
  fileprivate func reals(_ stored: [some BinaryInteger]) -> [Float] {
    mapped(stored) { q, scale, zeroPoint in
      dequantize(Int32(q), scale: scale, zeroPoint: zeroPoint)
    }
  }

  /// `body` of each element with its scale and zero point.
  fileprivate func mapped<Element>(
    _ elements: [Element], _ body: (Element, Float, Int32) -> Float
  ) -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(elements.count)
    for row in 0..<outer * channels {
      let channel = row % channels
      for index in row * inner..<(row + 1) * inner {
        result.append(body(elements[index], scales[channel], zeroPoints[channel]))
      }
    }
    return result
  }
}
