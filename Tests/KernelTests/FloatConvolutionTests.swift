import CReference
import KernelIR
import Tensors
import TestSupport
import Testing

/// One shape of a float window operation, and where its operands lie.
private struct FloatWindowCase {
  var name: String
  var batch = 1
  var height = 1
  var width = 1
  var channels: Int
  var columns: Int
  var window = ConvolutionWindow.pixel
  /// Padding below and to the right.
  var paddingEnd = ConvolutionWindow.Pair(0, 0)
  var groups = 1
  var bounds: (lower: Float?, upper: Float?) = (nil, nil)
  var hasBias = true
  var hasResidual = false
  /// Operands are channel slices of wider buffers.
  var isSlice = false

  var rows: Int {
    extent(
      height, window.kernel.y, window.stride.y, window.dilation.y, window.padding.y, paddingEnd.y)
  }
  var pixels: Int {
    extent(
      width, window.kernel.x, window.stride.x, window.dilation.x, window.padding.x, paddingEnd.x)
  }

  private func extent(
    _ extent: Int, _ kernel: Int, _ stride: Int, _ dilation: Int, _ begin: Int, _ end: Int
  ) -> Int { (extent + begin + end - (kernel - 1) * dilation - 1) / stride + 1 }

  private func image(_ height: Int, _ width: Int, _ channels: Int) -> ImageGeometry {
    guard isSlice else {
      return ImageGeometry(.f32, batch: batch, height: height, width: width, channels: channels)
    }
    return ImageGeometry(.f32, batch: batch, height: height, width: width, channels: channels + 5)
      .channels(3..<channels + 3)
  }

  var input: ImageGeometry { image(height, width, channels) }
  var output: ImageGeometry { image(rows, pixels, columns) }
  var epilogue: FloatEpilogue {
    FloatEpilogue(
      hasBias: hasBias, residual: hasResidual ? output : nil, lower: bounds.lower,
      upper: bounds.upper)
  }

  var reference: qr_window {
    func triple(_ y: Int, _ x: Int, _ z: Int = 1) -> (Int64, Int64, Int64) {
      (Int64(z), Int64(y), Int64(x))
    }
    return qr_window(
      input: triple(height, width), output: triple(rows, pixels),
      kernel: triple(window.kernel.y, window.kernel.x),
      stride: triple(window.stride.y, window.stride.x),
      dilation: triple(window.dilation.y, window.dilation.x),
      pad: triple(window.padding.y, window.padding.x, 0),
      pad_end: triple(paddingEnd.y, paddingEnd.x, 0))
  }

  private static func window(
    _ kernel: (Int, Int), stride: Int = 1, dilation: Int = 1, padding: Int = 0
  ) -> ConvolutionWindow {
    ConvolutionWindow(
      kernel: .init(kernel.0, kernel.1), stride: .init(stride, stride),
      dilation: .init(dilation, dilation), padding: .init(padding, padding))
  }

  static let convolutions: [FloatWindowCase] = [
    .init(name: "one", channels: 1, columns: 1, hasBias: false),
    .init(name: "row", channels: 37, columns: 70),
    .init(name: "two rows", width: 2, channels: 20, columns: 33),
    .init(name: "rows", width: 25, channels: 19, columns: 48, bounds: (0, nil)),
    .init(name: "many rows", width: 61, channels: 8, columns: 17, bounds: (-1, 1)),
    .init(
      name: "first", height: 9, width: 8, channels: 3, columns: 18,
      window: window((3, 3), stride: 2, padding: 1), paddingEnd: .init(1, 1), bounds: (0, 6)),
    .init(
      name: "residual", batch: 2, height: 5, width: 7, channels: 16, columns: 32,
      window: window((3, 3), padding: 1), paddingEnd: .init(1, 1), bounds: (0, nil),
      hasResidual: true),
    .init(
      name: "dilated groups", height: 9, width: 10, channels: 12, columns: 21,
      window: window((3, 2), dilation: 2, padding: 1), paddingEnd: .init(1, 0), groups: 3),
    .init(
      name: "slices", height: 4, width: 6, channels: 5, columns: 20,
      window: window((3, 3), padding: 1), paddingEnd: .init(1, 1), hasResidual: true,
      isSlice: true),
    .init(
      name: "wide groups", height: 3, width: 4, channels: 8, columns: 160, groups: 2),
    .init(
      name: "line", width: 30, channels: 6, columns: 10, window: window((1, 5), padding: 0)),
  ]

  static let depthwise: [FloatWindowCase] = [
    .init(
      name: "3x3", height: 7, width: 9, channels: 16, columns: 16,
      window: window((3, 3), padding: 1), paddingEnd: .init(1, 1), bounds: (0, 6)),
    .init(
      name: "5x5 strided", batch: 2, height: 11, width: 12, channels: 21, columns: 21,
      window: window((5, 5), stride: 2, padding: 2), paddingEnd: .init(2, 2), hasResidual: true),
    .init(
      name: "dilated slice", height: 8, width: 8, channels: 35, columns: 35,
      window: window((3, 3), dilation: 2, padding: 0), hasBias: false, isSlice: true),
  ]

  static let pools: [FloatWindowCase] = [
    .init(
      name: "2x2", height: 6, width: 7, channels: 5, columns: 5, window: window((2, 2), stride: 2)),
    .init(
      name: "3x3 padded", batch: 2, height: 7, width: 8, channels: 33, columns: 33,
      window: window((3, 3), stride: 2, padding: 1), paddingEnd: .init(1, 1)),
    .init(
      name: "whole", height: 5, width: 6, channels: 64, columns: 64, window: window((5, 6)),
      isSlice: true),
  ]
}

extension ImageGeometry {
  /// The elements as `[n][c][y][x]`.
  fileprivate func planar(_ buffer: [Float]) -> [Float] {
    var result: [Float] = []
    for n in 0..<batch {
      for c in 0..<channels {
        for y in 0..<height { for x in 0..<width { result.append(buffer[offset(n, y, x, c) / 4]) } }
      }
    }
    return result
  }

  /// `buffer` with the elements replaced by `planar`.
  fileprivate func filled(_ buffer: [UInt8], planar: [Float]) -> [UInt8] {
    var result = buffer
    var index = 0
    for n in 0..<batch {
      for c in 0..<channels {
        for y in 0..<height {
          for x in 0..<width {
            let at = offset(n, y, x, c)
            result.replaceSubrange(at..<at + 4, with: littleEndian([planar[index]]))
            index += 1
          }
        }
      }
    }
    return result
  }
}

@Suite("float window kernels")
struct FloatConvolutionTests {
  @Test func `a convolution equals the reference at every awkward shape`() throws {
    try check(FloatWindowCase.convolutions) { test, weights, bias in
      FloatConvolutionKernel(
        input: test.input, output: test.output, window: test.window, groups: test.groups,
        epilogue: test.epilogue
      ).call(weights: weights, bias: bias)
    }
  }

  @Test func `a depthwise convolution equals the reference`() throws {
    let cases = FloatWindowCase.depthwise.map { test in
      var test = test
      test.groups = test.channels
      return test
    }
    try check(cases) { test, weights, bias in
      FloatDepthwiseKernel(
        input: test.input, output: test.output, window: test.window, epilogue: test.epilogue
      ).call(weights: weights, bias: bias)
    }
  }

  private func check(
    _ cases: [FloatWindowCase], call: (FloatWindowCase, [Float], [Float]?) -> KernelCall
  ) throws {
    var random = SeededGenerator(seed: 7)
    let operands = cases.map { test in
      (
        weights: random.floats(test.columns * test.channels / test.groups * test.window.taps),
        bias: test.hasBias ? random.floats(test.columns) : nil
      )
    }
    let calls = zip(cases, operands).map { call($0, $1.weights, $1.bias) }
    let loaded = try FloatVariants(calls)
    for (index, test) in cases.enumerated() {
      let x = random.floats(test.input.byteCount / 4)
      let residual = test.hasResidual ? random.floats(test.output.byteCount / 4) : nil
      let blank = [UInt8](repeating: 0xa5, count: test.output.byteCount)
      var y = [Float](repeating: 0, count: test.batch * test.columns * test.rows * test.pixels)
      var convolution = qr_convolution(
        window: test.reference, batch: Int64(test.batch), groups: Int64(test.groups),
        channels: Int64(test.channels / test.groups), outputs: Int64(test.columns / test.groups))
      #expect(
        qr_conv_f32(
          &convolution, test.input.planar(x), operands[index].weights,
          operands[index].bias, &y))
      if let residual { y = zip(y, test.output.planar(residual)).map { $0 + $1 } }
      if let lower = test.bounds.lower { y = y.map { $0 < lower ? lower : $0 } }
      if let upper = test.bounds.upper { y = y.map { $0 > upper ? upper : $0 } }
      loaded.expect(
        calls[index], inputs: [littleEndian(x)] + (residual.map { [littleEndian($0)] } ?? []),
        blank: blank, gives: test.output.filled(blank, planar: y), test.name)
    }
  }

  @Test func `pooling equals the reference, with and without the padding in the count`() throws {
    var random = SeededGenerator(seed: 8)
    func kernel(_ test: FloatWindowCase, _ kind: FloatPoolKernel.Kind) -> KernelCall {
      FloatPoolKernel(input: test.input, output: test.output, window: test.window, kind: kind)
        .call()
    }
    let loaded = try FloatVariants(
      FloatWindowCase.pools.flatMap { [kernel($0, .maximum), kernel($0, .average(padded: nil))] })
    for test in FloatWindowCase.pools {
      let x = random.floats(test.input.byteCount / 4)
      let planar = test.input.planar(x)
      let blank = [UInt8](repeating: 0xa5, count: test.output.byteCount)
      let planes = Int64(test.batch * test.channels)
      var window = test.reference
      var y = [Float](repeating: 0, count: Int(planes) * test.rows * test.pixels)
      qr_pool_max_f32(planes, &window, planar, &y)
      loaded.expect(
        kernel(test, .maximum), inputs: [littleEndian(x)], blank: blank,
        gives: test.output.filled(blank, planar: y), "maximum \(test.name)")
      let padded = ConvolutionWindow.Pair(
        test.height + test.window.padding.y + test.paddingEnd.y,
        test.width + test.window.padding.x + test.paddingEnd.x)
      for counted in [nil, padded] {
        qr_pool_average_f32(planes, &window, counted != nil, planar, &y)
        loaded.expect(
          kernel(test, .average(padded: counted)), inputs: [littleEndian(x)], blank: blank,
          gives: test.output.filled(blank, planar: y), "average \(test.name)")
      }
    }
  }
}
