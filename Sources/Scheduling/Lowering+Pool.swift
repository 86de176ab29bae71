import Diagnostics
import GraphIR
import KernelIR
import QuantMath
import Tensors

extension Lowering {
  /// A maximum over stored integers, or the float pools.
  mutating func lower(_ pooling: Pooling, _ id: ValueID) throws(Diagnostic) {
    let operand = graph.operand(0, of: id)
    let window = try poolWindow(pooling, id)
    if storedElement(operand).isStoredActivation, pooling.kind == .max {
      let input = try image(operand)
      let output = allocateImage(id, .nchw)
      let kernel = PoolKernel(
        input: input.geometry, output: output, window: window, kind: .maximum)
      return try emit(kernel.call(), [input.view], makes: id)
    }
    try lowerFloatPool(pooling, window, id)
  }

  mutating func lower(_ pool: QuantizedPool, _ id: ValueID) throws(Diagnostic) {
    let operand = graph.operand(0, of: id)
    let type = graph.type(of: operand)
    guard let scale = type.quantization?.scale else {
      throw Diagnostic(.internalError, "an average of \(type)", at: location(id))
    }
    let window = try poolWindow(pool.pooling, id)
    var multipliers: [Float] = [0]
    var (zeroPoint, bounds): (Int32, ClosedRange<Int32>) = (0, 0...255)
    for count in 1...window.taps {
      switch pool.result {
      case .quantized(let element, let params):
        let stored = storedParams(element, params)
        (zeroPoint, bounds) = (stored.zeroPoint, stored.bounds)
        multipliers.append(
          try Multiplier.average(inputScale: scale, outputScale: params.scale, count: count))
      case .float:
        multipliers.append(try Multiplier.floatAverage(inputScale: scale, count: count))
      }
    }
    let input = try image(operand)
    let output = allocateImage(id, .nchw)
    let kernel = PoolKernel(
      input: input.geometry, output: output, window: window,
      kind: .average(
        .init(
          inputZeroPoint: Lowering.storedZeroPoint(type), zeroPoint: zeroPoint,
          bounds: bounds, multipliers: multipliers,
          countsPadding: pool.pooling.countIncludesPad)))
    try emit(kernel.call(), [input.view], makes: id)
  }

  func poolWindow(
    _ pooling: Pooling, _ id: ValueID
  ) throws(Diagnostic) -> ConvolutionWindow {
    guard pooling.kernel.count == 2 else {
      throw Diagnostic(
        .unsupportedKernel, "pooling over \(pooling.kernel.count) axes", at: location(id))
    }
    return ConvolutionWindow(
      kernel: .init(pooling.kernel[0], pooling.kernel[1]),
      stride: .init(pooling.strides[0], pooling.strides[1]),
      dilation: .init(pooling.dilations[0], pooling.dilations[1]),
      padding: .init(pooling.pads[0], pooling.pads[1]))
  }
}
