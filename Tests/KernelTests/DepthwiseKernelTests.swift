import KernelIR
import Tensors
import TestSupport
import Testing

@Suite("depthwise kernels")
struct DepthwiseKernelTests {
  struct Case: Sendable {
    var name: String
    var batch = 1
    var height: Int
    var width: Int
    var channels: Int
    var window: ConvolutionWindow
    var halo = ImageGeometry.Halo.none
    var hasResidual = false
    var isFloat = false
    var factorRange: ClosedRange<Float> = 0.001...0.01
    var zeroPoint: Int32 = 40
    var bounds: ClosedRange<Int32> = 0...255
    var activation: Epilogue.Activation?
    /// Stored types of the input, of a result of integers, and of a residual.
    var element = ElementType.u8
    var resultElement = ElementType.u8
    var residualElement = ElementType.u8

    var input: ImageGeometry {
      ImageGeometry(
        element, batch: batch, height: height, width: width, channels: channels,
        halo: window.halo(height: height, width: width, rows: rows, pixels: pixels))
    }
    var output: ImageGeometry {
      ImageGeometry(
        isFloat ? .f32 : resultElement, batch: batch, height: rows, width: pixels,
        channels: channels, halo: halo, haloByte: resultElement == .u8 ? 5 : 0)
    }
    private var rows: Int {
      (height + 2 * window.padding.y - (window.kernel.y - 1) * window.dilation.y - 1)
        / window.stride.y + 1
    }
    private var pixels: Int {
      (width + 2 * window.padding.x - (window.kernel.x - 1) * window.dilation.x - 1)
        / window.stride.x + 1
    }

    func epilogue(_ random: inout SeededGenerator) -> Epilogue {
      let factors = (0..<channels).map { _ in Float.random(in: factorRange, using: &random) }
      let residual = Epilogue.Residual(
        geometry: ImageGeometry(
          residualElement, batch: batch, height: rows, width: pixels, channels: channels),
        zeroPoint: 9, multiplier: 0.4)
      guard !isFloat else {
        return .float(scales: factors, bounds: nil, residual: hasResidual ? residual : nil)
      }
      let bytes = Epilogue.requantize(
        multipliers: factors, zeroPoint: zeroPoint, bounds: bounds,
        residual: hasResidual ? residual : nil, activation: activation)
      return resultElement == .u8 ? bytes : bytes.ofWords
    }
  }

  private static let ring = ImageGeometry.Halo(top: 1, bottom: 1, left: 1, right: 1)
  private static let cases: [Case] =
    [1, 3, 5, 8, 15, 16, 17, 24, 31, 32, 33, 58, 64, 80, 116, 144].map {
      Case(name: "c \($0)", height: 5, width: 4, channels: $0, window: ConvolutionCase.window(3, 3))
    } + [
      Case(
        name: "one pixel", height: 1, width: 1, channels: 9, window: ConvolutionCase.window(3, 3)),
      Case(
        name: "batch and halo", batch: 2, height: 6, width: 7, channels: 18,
        window: ConvolutionCase.window(3, 3), halo: ring, hasResidual: true),
      Case(
        name: "stride 2", height: 9, width: 8, channels: 20,
        window: ConvolutionCase.window(3, 3, stride: 2), halo: ring),
      Case(name: "5x5", height: 6, width: 7, channels: 12, window: ConvolutionCase.window(5, 5)),
      Case(
        name: "5x5 stride 2", height: 11, width: 9, channels: 72,
        window: ConvolutionCase.window(5, 5, stride: 2), hasResidual: true),
      Case(
        name: "odd stride 2", height: 7, width: 11, channels: 96,
        window: ConvolutionCase.window(3, 3, stride: 2), hasResidual: true),
      Case(
        name: "narrow", height: 25, width: 5, channels: 64,
        window: ConvolutionCase.window(3, 3), hasResidual: true),
      Case(
        name: "one pixel wide", height: 5, width: 1, channels: 40,
        window: ConvolutionCase.window(3, 3), halo: ring),
      Case(
        name: "beyond int32", height: 6, width: 5, channels: 48,
        window: ConvolutionCase.window(3, 3), factorRange: 0.001...90_000),
      Case(
        name: "narrow bounds", height: 6, width: 5, channels: 48,
        window: ConvolutionCase.window(3, 3), bounds: 40...201),
      Case(
        name: "zero point 0", height: 6, width: 5, channels: 88,
        window: ConvolutionCase.window(3, 3), halo: ring, zeroPoint: 0),
      Case(name: "9x9", height: 9, width: 10, channels: 33, window: ConvolutionCase.window(9, 9)),
      Case(name: "2x2", height: 5, width: 6, channels: 70, window: ConvolutionCase.window(2, 2)),
      Case(name: "1x1", height: 3, width: 5, channels: 20, window: ConvolutionCase.window(1, 1)),
      Case(name: "3x1", height: 6, width: 3, channels: 35, window: ConvolutionCase.window(3, 1)),
      Case(
        name: "7x7 stride 2", height: 9, width: 9, channels: 7,
        window: ConvolutionCase.window(7, 7, stride: 2)),
      Case(
        name: "dilated", height: 9, width: 8, channels: 16,
        window: ConvolutionCase.window(3, 3, dilation: 2)),
      Case(
        name: "1x3 float", height: 4, width: 6, channels: 10,
        window: ConvolutionCase.window(1, 3), isFloat: true),
      Case(
        name: "float", height: 5, width: 6, channels: 21,
        window: ConvolutionCase.window(3, 3), isFloat: true),
      Case(
        name: "float residual", batch: 2, height: 5, width: 6, channels: 85,
        window: ConvolutionCase.window(3, 3), hasResidual: true, isFloat: true),
      Case(
        name: "5x5 stride 2 float residual", height: 11, width: 9, channels: 72,
        window: ConvolutionCase.window(5, 5, stride: 2), hasResidual: true, isFloat: true),
      Case(
        name: "7x7 float residual", height: 9, width: 8, channels: 40,
        window: ConvolutionCase.window(7, 7), hasResidual: true, isFloat: true),
      Case(
        name: "leaky relu", height: 6, width: 7, channels: 21,
        window: ConvolutionCase.window(3, 3), halo: ring,
        activation: .init(.leakyRelu, alpha: 0.1, multiplier: 1.3)),
      Case(
        name: "hard swish", height: 6, width: 7, channels: 18,
        window: ConvolutionCase.window(5, 5, stride: 2), hasResidual: true,
        activation: .init(.hardSwish, multiplier: 9)),
      Case(
        name: "hard sigmoid", height: 5, width: 6, channels: 150,
        window: ConvolutionCase.window(3, 3),
        activation: .init(.hardSigmoid, alpha: 0.2, beta: 0.5, multiplier: 200)),
      Case(
        name: "leaky relu of whole vectors", height: 9, width: 6, channels: 128,
        window: ConvolutionCase.window(3, 3), hasResidual: true,
        activation: .init(.leakyRelu, alpha: 0.1, multiplier: 1.3)),
      Case(
        name: "many rows", height: 40, width: 30, channels: 32,
        window: ConvolutionCase.window(3, 3)),
    ]

  @Test func `equal the definition at every awkward shape, on every variant, however cut`() throws {
    try compare(Self.cases)
  }

  @Test func `16-bit inputs, results and residuals are as exact, in any combination`() throws {
    let forms: [(ElementType, ElementType, ElementType)] = [
      (.i16, .i16, .i16), (.i16, .u8, .u8), (.u8, .i16, .u8), (.i16, .i16, .u8), (.u8, .u8, .i16),
    ]
    try compare(
      stride(from: 0, to: Self.cases.count, by: 2).map { index in
        var words = Self.cases[index]
        let form = forms[index / 2 % forms.count]
        (words.element, words.resultElement, words.residualElement) = form
        words.name += ", \(form.0.rawValue) and \(form.2.rawValue) to \(form.1.rawValue)"
        return words
      })
  }

  private func compare(_ cases: [Case]) throws {
    var random = SeededGenerator(seed: 3)
    let specs = cases.map { test in
      DepthwiseKernel(
        input: test.input, output: test.output, window: test.window,
        epilogue: test.epilogue(&random)
      ).spec
    }
    let loaded = try AllVariants(specs)
    for test in cases {
      for pattern in OperandPattern.allCases {
        let epilogue = test.epilogue(&random)
        let weights = pattern.weights(test.channels * test.window.taps, &random)
        let bias = (0..<test.channels).map { _ in Int32.random(in: -900...900, using: &random) }
        let start = try #require(
          ConvolutionKernel.startValues(
            bias: bias, weights: weights, input: test.element,
            inputZeroPoint: test.element == .u8 ? 130 : 0))
        let bytes = pattern.activations(test.input.byteCount, of: test.element, &random)
        let residual = epilogue.residual.map { random.bytes($0.geometry.byteCount) }
        let blank = [UInt8](repeating: 0xa5, count: test.output.byteCount)
        let expected = ConvolutionReference(
          input: test.input, output: test.output, window: test.window, groups: test.channels,
          epilogue: epilogue, weights: weights, start: start
        ).run(bytes, residual: residual, into: blank)
        let call = DepthwiseKernel(
          input: test.input, output: test.output, window: test.window, epilogue: epilogue
        ).call(weights: weights, start: start)
        loaded.expect(
          call, inputs: [bytes] + (residual.map { [$0] } ?? []), blank, gives: expected,
          "\(test.name), \(pattern.rawValue)")
      }
    }
  }
}
