import GraphIR
import Interpreter
import QuantMath
import Tensors
import TestSupport
import Testing

/// Shapes that are awkward for tiles of 4 channels and 16 positions.
struct ConvolutionCase: Sendable, CustomTestStringConvertible {
  var batch = 1
  var channels: Int
  var outputs: Int
  var groups = 1
  var image: [Int]
  var kernel: [Int]
  var strides: [Int]
  var pads: [Int]
  var dilations: [Int]

  var testDescription: String {
    "\(batch)x\(channels)x\(image) by \(outputs)x\(kernel), groups \(groups), strides \(strides), "
      + "pads \(pads), dilations \(dilations)"
  }

  static func image(
    _ batch: Int, _ channels: Int, _ height: Int, _ width: Int, outputs: Int, kernel: Int,
    stride: Int = 1, pads: [Int] = [0, 0, 0, 0], dilation: Int = 1, groups: Int = 1
  ) -> ConvolutionCase {
    ConvolutionCase(
      batch: batch, channels: channels, outputs: outputs, groups: groups, image: [height, width],
      kernel: [kernel, kernel], strides: [stride, stride], pads: pads,
      dilations: [dilation, dilation])
  }

  static let all: [ConvolutionCase] = [
    .image(1, 3, 8, 8, outputs: 16, kernel: 3, pads: [1, 1, 1, 1]),
    .image(1, 1, 5, 5, outputs: 1, kernel: 5),
    .image(2, 4, 7, 5, outputs: 5, kernel: 3, stride: 2, pads: [1, 0, 0, 1]),
    .image(1, 7, 4, 4, outputs: 3, kernel: 1),
    .image(1, 6, 6, 6, outputs: 6, kernel: 3, pads: [1, 1, 1, 1], groups: 6),
    .image(
      1, 4, 9, 3, outputs: 8, kernel: 3, stride: 2, pads: [2, 2, 2, 2], dilation: 2, groups: 2),
    ConvolutionCase(
      channels: 3, outputs: 4, image: [17], kernel: [4], strides: [3], pads: [1, 2], dilations: [1]),
    ConvolutionCase(
      channels: 2, outputs: 3, image: [3, 4, 5], kernel: [2, 2, 2], strides: [1, 2, 1],
      pads: [1, 0, 1, 0, 1, 0], dilations: [1, 1, 2]),
  ]

  func op() throws -> Convolution {
    try Convolution(strides: strides, pads: pads, dilations: dilations, groups: groups)
  }

  var inputDims: [Int] { [batch, channels] + image }
  var weightDims: [Int] { [outputs, channels / groups] + kernel }

  /// Visits each result's taps in the order ky, kx, c: the index in x (`nil` on padding) and in w.
  func forEachResult(
    _ shape: Shape, _ body: (_ result: Int, _ output: Int, _ taps: [(x: Int?, w: Int)]) -> Void
  ) {
    let inputs = inputDims.dropFirst(2)
    let (plane, taps) = (inputs.reduce(1, *), kernel.reduce(1, *))
    let positions = shape.dims.dropFirst(2).reduce(1, *)
    for result in 0..<shape.elementCount {
      let output = result / positions % outputs
      let image = result / positions / outputs
      let position = coordinates(result % positions, Array(shape.dims.dropFirst(2)))
      var list: [(x: Int?, w: Int)] = []
      for tap in 0..<taps {
        let at = coordinates(tap, kernel)
        var offset: Int? = 0
        for axis in kernel.indices {
          let place = position[axis] * strides[axis] + at[axis] * dilations[axis] - pads[axis]
          let extent = self.image[axis]
          offset = (0..<extent).contains(place) ? offset.map { $0 * extent + place } : nil
        }
        let group = output / (outputs / groups)
        for c in 0..<(channels / groups) {
          let channel = image * channels + group * (channels / groups) + c
          list.append(
            (offset.map { channel * plane + $0 }, (output * (channels / groups) + c) * taps + tap))
        }
      }
      body(result, output, list)
    }
  }

  private func coordinates(_ index: Int, _ dims: [Int]) -> [Int] {
    var (rest, result) = (index, dims)
    for axis in dims.indices.reversed() {
      result[axis] = rest % dims[axis]
      rest /= dims[axis]
    }
    return result
  }
}

@Suite("convolution")
struct ConvolutionTests {
  @Test(arguments: ConvolutionCase.all)
  func `float: a chain of fma over ky, kx, c from +0, the bias last`(
    _ geometry: ConvolutionCase
  ) throws {
    var random = SeededGenerator(seed: 11)
    let x = random.floats(geometry.inputDims.reduce(1, *))
    let w = random.floats(geometry.weightDims.reduce(1, *))
    let bias = random.floats(geometry.outputs)
    let operands = [
      try Value.f32(x, geometry.inputDims), try Value.f32(w, geometry.weightDims),
      try Value.f32(bias, [geometry.outputs]),
    ]
    let y = try evaluate(.conv(geometry.op()), operands)
    let plain = try evaluate(.conv(geometry.op()), Array(operands.prefix(2)))
    var (expected, worst) = ([Float](repeating: 0, count: y.shape.elementCount), 0.0)
    geometry.forEachResult(y.shape) { result, output, taps in
      var (sum, exact, size): (Float, Double, Double) = (0, 0, 0)
      for (source, weight) in taps {
        let value = source.map { x[$0] } ?? 0
        sum = ReferenceMath.fma(value, w[weight], sum)
        exact += Double(value) * Double(w[weight])
        size += abs(Double(value) * Double(w[weight]))
      }
      expected[result] = sum
      worst = max(worst, abs(Double(sum) - exact) / (Double(taps.count) * size * 0x1p-24 + 1e-30))
    }
    #expect(isSame(plain.floats, expected))
    // The bound of a recursive sum: at most k roundings, each within half a unit of the size.
    #expect(worst <= 1)
    let positions = y.shape.elementCount / (geometry.batch * geometry.outputs)
    let biased = expected.enumerated().map { $1 + bias[$0 / positions % geometry.outputs] }
    #expect(isSame(y.floats, biased))
  }

  @Test(arguments: ConvolutionCase.all, [ElementType.u8, .i8])
  func `q.conv: exact sums, then the epilogue of QuantMath`(
    _ geometry: ConvolutionCase, _ element: ElementType
  ) throws {
    var random = SeededGenerator(seed: 7)
    let x = random.bytes(geometry.inputDims.reduce(1, *))
    let w = random.weights(geometry.weightDims.reduce(1, *))
    let bias = (0..<geometry.outputs).map { _ in Int32.random(in: -9000...9000, using: &random) }
    let isSigned = element == .i8
    let input = try QuantParams(scale: 0.03, zeroPoint: isSigned ? -7 : 121)
    let residualParams = try QuantParams(scale: 0.11, zeroPoint: isSigned ? 3 : 99)
    let output = try QuantParams(scale: 0.4, zeroPoint: isSigned ? -100 : 28)
    let weightScales = (0..<geometry.outputs).map { _ in
      Float.random(in: 0.001...0.02, using: &random)
    }
    let weights = try QuantParams(
      .perChannel(axis: 0), scales: weightScales,
      zeroPoints: [Int32](repeating: 0, count: geometry.outputs))
    let clamp = ClampBounds(lower: -3, upper: 40)
    let shape = try geometry.op().resultShape(
      Shape(geometry.inputDims), weights: Shape(geometry.weightDims))
    let r = random.bytes(shape.elementCount)
    func signed(_ byte: UInt8) -> Int32 { isSigned ? Int32(Int8(bitPattern: byte)) : Int32(byte) }
    let operands = [
      Value(try Tensor(element, Shape(geometry.inputDims), x), input),
      try Value.i8(w, geometry.weightDims, weights), try Value.i32(bias, [geometry.outputs]),
      Value(try Tensor(element, shape, r), residualParams),
    ]
    let epilogue = Epilogue(
      hasResidual: true, clamp: clamp, result: .quantized(element, output))
    let y = try evaluate(
      .quantizedConv(QuantizedConvolution(geometry: geometry.op(), epilogue: epilogue)), operands)
    let floatEpilogue = Epilogue(hasResidual: false, clamp: .none, result: .float)
    let real = try evaluate(
      .quantizedConv(QuantizedConvolution(geometry: geometry.op(), epilogue: floatEpilogue)),
      Array(operands.prefix(3)))
    let bounds: ClosedRange<Int32> = isSigned ? -128...127 : 0...255
    let narrowed = clampBounds(
      lower: -3, upper: 40, scale: output.scale, zeroPoint: output.zeroPoint, bounds: bounds)
    var (expected, floats) = ([UInt8](repeating: 0, count: r.count), real.floats)
    geometry.forEachResult(shape) { result, channel, taps in
      let acc = taps.reduce(bias[channel]) { sum, tap in
        tap.x.map { sum + (signed(x[$0]) - input.zeroPoint) * Int32(w[tap.w]) } ?? sum
      }
      let multiplier = Float(
        Double(input.scale) * Double(weightScales[channel]) / Double(output.scale))
      let residual = Residual(
        value: signed(r[result]), zeroPoint: residualParams.zeroPoint,
        multiplier: Float(Double(residualParams.scale) / Double(output.scale)))
      let q = requantize(
        acc, multiplier: multiplier, residual: residual, zeroPoint: output.zeroPoint,
        bounds: narrowed)
      expected[result] = UInt8(truncatingIfNeeded: q)
      floats[result] =
        Float(acc) * Float(Double(input.scale) * Double(weightScales[channel]))
    }
    #expect(y.elements(UInt8.self) == expected)
    #expect(isSame(real.floats, floats))
  }
}
