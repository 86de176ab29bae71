import KernelIR
import Tensors
import TestSupport
import Testing

/// One convolution to run on every variant.
struct ConvolutionCase: Sendable, CustomTestStringConvertible {
  enum Result: Sendable {
    case bytes, unshifted, residual, float, clampedFloat, leakyRelu, hardSwishResidual,
      hardSigmoidFloat, residualFloat, hardSwishResidualFloat

    var isFloat: Bool {
      [.float, .clampedFloat, .hardSigmoidFloat, .residualFloat, .hardSwishResidualFloat]
        .contains(self)
    }
  }

  var name: String
  var batch = 1
  var height = 1
  var width = 1
  var channels: Int
  var columns: Int
  var window = ConvolutionWindow.pixel
  var groups = 1
  /// The input's zero point.
  var zeroPoint: UInt8 = 9
  /// Whether the input's halo holds it, as it does in a program; else it holds random bytes, and so
  /// must all be read.
  var fillsHalo = false
  /// Halo of the result.
  var halo = ImageGeometry.Halo.none
  var result = Result.bytes
  /// Whether input and output are channel ranges of wider images.
  var isSlice = false
  var multiplier: Float = 0.002
  /// Whether all multipliers are 0.5, so that values lie on ties; the bounds are then 0...255.
  var isTied = false
  /// Stored types of the input, of a result of integers, and of a residual.
  var element = ElementType.u8
  var resultElement = ElementType.u8
  var residualElement = ElementType.u8

  var testDescription: String { name }

  var input: ImageGeometry {
    let needed = window.halo(height: height, width: width, rows: rows, pixels: pixels)
    let whole = ImageGeometry(
      element, batch: batch, height: height, width: width, channels: channels + (isSlice ? 5 : 0),
      halo: needed, haloByte: storedZeroPoint)
    return isSlice ? whole.channels(2..<2 + channels) : whole
  }

  var output: ImageGeometry {
    let whole = ImageGeometry(
      result.isFloat ? .f32 : resultElement, batch: batch, height: rows, width: pixels,
      channels: columns + (isSlice ? 7 : 0),
      halo: halo, haloByte: resultElement == .u8 ? 77 : 0)
    return isSlice ? whole.channels(3..<3 + columns) : whole
  }

  /// As if padded by half the kernel on all sides.
  private var rows: Int {
    extent(height, window.kernel.y, window.dilation.y, window.stride.y, window.padding.y)
  }
  private var pixels: Int {
    extent(width, window.kernel.x, window.dilation.x, window.stride.x, window.padding.x)
  }
  private func extent(_ size: Int, _ kernel: Int, _ dilation: Int, _ stride: Int, _ padding: Int)
    -> Int
  {
    (size + 2 * padding - (kernel - 1) * dilation - 1) / stride + 1
  }

  var storedZeroPoint: UInt8 { element == .u8 ? zeroPoint : 0 }

  func epilogue(_ random: inout SeededGenerator) -> Epilogue {
    let bytes = byteEpilogue(&random)
    return resultElement == .u8 ? bytes : bytes.ofWords
  }

  private func byteEpilogue(_ random: inout SeededGenerator) -> Epilogue {
    let factors = (0..<columns).map { _ in multiplier * Float.random(in: 0.5...1.5, using: &random)
    }
    if isTied {
      let halves = [Float](repeating: 0.5, count: columns)
      return .requantize(multipliers: halves, zeroPoint: 101, bounds: 0...255, residual: nil)
    }
    let geometry = ImageGeometry(
      residualElement, batch: batch, height: rows, width: pixels, channels: columns,
      halo: .init(top: 1, bottom: 0, left: 2, right: 1))
    switch result {
    case .leakyRelu:
      return .requantize(
        multipliers: factors, zeroPoint: 101, bounds: 0...255, residual: nil,
        activation: .init(.leakyRelu, alpha: 0.1, multiplier: 1.7))
    case .hardSwishResidual:
      return .requantize(
        multipliers: factors, zeroPoint: 12, bounds: 0...255,
        residual: .init(geometry: geometry, zeroPoint: 131, multiplier: 0.03),
        activation: .init(.hardSwish, multiplier: 20))
    case .hardSigmoidFloat:
      return .float(
        scales: factors, bounds: nil,
        activation: .init(.hardSigmoid, alpha: 0.2, beta: 0.5, multiplier: 1))
    case .bytes:
      return .requantize(multipliers: factors, zeroPoint: 101, bounds: 3...250, residual: nil)
    case .unshifted:
      return .requantize(multipliers: factors, zeroPoint: 0, bounds: 0...255, residual: nil)
    case .residual:
      return .requantize(
        multipliers: factors, zeroPoint: 12, bounds: 12...255,
        residual: .init(geometry: geometry, zeroPoint: 131, multiplier: 0.73))
    case .float: return .float(scales: factors, bounds: nil)
    case .residualFloat:
      return .float(
        scales: factors, bounds: -2...6,
        residual: .init(geometry: geometry, zeroPoint: 131, multiplier: 0.03))
    case .hardSwishResidualFloat:
      return .float(
        scales: factors, bounds: nil,
        residual: .init(geometry: geometry, zeroPoint: 131, multiplier: 0.03),
        activation: .init(.hardSwish, multiplier: 1))
    case .clampedFloat: return .float(scales: factors, bounds: 0...6)
    }
  }
}

extension ConvolutionCase {
  static func window(
    _ y: Int, _ x: Int, stride: Int = 1, dilation: Int = 1, padded: Bool = true
  ) -> ConvolutionWindow {
    ConvolutionWindow(
      kernel: .init(y, x), stride: .init(stride, stride), dilation: .init(dilation, dilation),
      padding: padded ? .init(y / 2 * dilation, x / 2 * dilation) : .init(0, 0))
  }

  static let all: [ConvolutionCase] = matrices + images + padded + gathered + odd

  static let matrices: [ConvolutionCase] =
    [1, 3, 4, 5, 9, 63, 65].map {
      ConvolutionCase(name: "k \($0)", width: 5, channels: $0, columns: 24)
    }
    + [2, 3, 7, 13, 25, 47, 49, 192, 245].map {
      ConvolutionCase(name: "m \($0)", width: $0, channels: 9, columns: 20)
    }
    + [1, 5, 8, 9, 15, 17, 33, 70].map {
      ConvolutionCase(name: "n \($0)", width: 6, channels: 33, columns: $0)
    }
    + [64, 80, 96, 112, 136].map {
      ConvolutionCase(name: "n \($0), all bytes", width: 7, channels: 24, columns: $0, isTied: true)
    }
    + [40, 64, 104, 112].map {
      ConvolutionCase(name: "n \($0), long k", width: 5, channels: 300, columns: $0)
    }
    + [1, 9, 16, 40].map {
      ConvolutionCase(name: "vector n \($0)", width: 1, channels: 65, columns: $0)
    }

  static let images: [ConvolutionCase] = [
    ConvolutionCase(
      name: "first layer", height: 9, width: 11, channels: 3, columns: 16,
      window: window(3, 3), halo: .init(top: 1, bottom: 1, left: 1, right: 1)),
    ConvolutionCase(
      name: "tall kernel", height: 13, width: 6, channels: 1, columns: 19,
      window: window(10, 4, stride: 2)),
    ConvolutionCase(
      name: "3x3 residual", height: 6, width: 7, channels: 16, columns: 17,
      window: window(3, 3), halo: .init(top: 0, bottom: 2, left: 1, right: 0), result: .residual),
    ConvolutionCase(
      name: "3x3 stride 2", height: 9, width: 10, channels: 5, columns: 8,
      window: window(3, 3, stride: 2)),
    ConvolutionCase(
      name: "1x1 stride 2", height: 7, width: 8, channels: 16, columns: 33,
      window: window(1, 1, stride: 2)),
    ConvolutionCase(
      name: "5x5", height: 6, width: 5, channels: 7, columns: 12,
      window: window(5, 5)),
    ConvolutionCase(
      name: "batch", batch: 3, height: 5, width: 4, channels: 6, columns: 10,
      window: window(3, 3), halo: .init(top: 1, bottom: 1, left: 1, right: 1)),
    ConvolutionCase(
      name: "pixels into a halo", batch: 2, height: 3, width: 9, channels: 20,
      columns: 24, halo: .init(top: 1, bottom: 1, left: 1, right: 1)),
    ConvolutionCase(
      name: "wide", height: 3, width: 53, channels: 4, columns: 9,
      window: window(3, 3)),
  ]

  /// Padding whose bytes are known.
  static let padded: [ConvolutionCase] = [
    ConvolutionCase(
      name: "padded pixels", height: 5, width: 6, channels: 20, columns: 70,
      window: .init(kernel: .init(1, 1), padding: .init(1, 2)), fillsHalo: true),
    ConvolutionCase(
      name: "padded pixels of a batch", batch: 2, height: 4, width: 3, channels: 8, columns: 9,
      window: .init(kernel: .init(1, 1), padding: .init(2, 0)), zeroPoint: 0,
      fillsHalo: true, isSlice: true),
    ConvolutionCase(
      name: "padded pixels and a residual", height: 3, width: 4, channels: 8, columns: 17,
      window: .init(kernel: .init(1, 1), padding: .init(1, 1)), fillsHalo: true, result: .residual),
    ConvolutionCase(
      name: "zeros above and below", height: 6, width: 7, channels: 16, columns: 72,
      window: window(3, 3), zeroPoint: 0, fillsHalo: true, result: .unshifted),
    ConvolutionCase(
      name: "more zeros than rows", batch: 2, height: 2, width: 5, channels: 6, columns: 40,
      window: window(5, 3, dilation: 2), zeroPoint: 0, fillsHalo: true, result: .unshifted),
    ConvolutionCase(
      name: "zeros, stride 2", height: 7, width: 9, channels: 5, columns: 20,
      window: window(3, 3, stride: 2), zeroPoint: 0, fillsHalo: true, result: .residual),
    ConvolutionCase(
      name: "zeros around whole micro-tiles", height: 3, width: 8, channels: 32, columns: 80,
      window: window(3, 3), zeroPoint: 0, fillsHalo: true, result: .unshifted),
    ConvolutionCase(
      name: "zeros, one pixel over", height: 2, width: 5, channels: 24, columns: 88,
      window: window(3, 3), zeroPoint: 0, fillsHalo: true, result: .residual),
    ConvolutionCase(
      name: "zeros, 5x5 in a long row", batch: 2, height: 4, width: 51, channels: 8, columns: 72,
      window: window(5, 5), zeroPoint: 0, fillsHalo: true),
    ConvolutionCase(
      name: "zeros at the left only", height: 6, width: 24, channels: 8, columns: 64,
      window: window(3, 3, stride: 2), zeroPoint: 0, fillsHalo: true),
    ConvolutionCase(
      name: "zeros, groups", height: 4, width: 5, channels: 8, columns: 36,
      window: window(3, 3), groups: 2, zeroPoint: 0, fillsHalo: true),
  ]

  /// Kernel rows that are gathered first.
  static let gathered: [ConvolutionCase] = [
    ConvolutionCase(
      name: "first layer, stride 2", height: 9, width: 53, channels: 3, columns: 64,
      window: window(3, 3, stride: 2), halo: .init(top: 1, bottom: 0, left: 1, right: 2)),
    ConvolutionCase(
      name: "first layer of a batch", batch: 2, height: 5, width: 6, channels: 3, columns: 33,
      window: window(3, 3), result: .leakyRelu),
    ConvolutionCase(
      name: "first layer, 7x7", height: 11, width: 9, channels: 3, columns: 68,
      window: window(7, 7, stride: 2), result: .residual),
    ConvolutionCase(
      name: "one channel, float", height: 6, width: 5, channels: 1, columns: 70,
      window: window(5, 5), result: .float),
    ConvolutionCase(
      name: "kernel column of slices", height: 7, width: 4, channels: 5, columns: 72,
      window: .init(kernel: .init(3, 1), dilation: .init(2, 1), padding: .init(2, 0)),
      isSlice: true),
    ConvolutionCase(
      name: "rows of two copies", height: 4, width: 3, channels: 11, columns: 160,
      window: window(3, 3)),
  ]

  static let odd: [ConvolutionCase] = [
    ConvolutionCase(
      name: "dilated", height: 8, width: 9, channels: 6, columns: 11,
      window: window(3, 3, dilation: 2)),
    ConvolutionCase(
      name: "groups", height: 5, width: 6, channels: 12, columns: 27,
      window: window(3, 3), groups: 3),
    ConvolutionCase(
      name: "grouped pixels", height: 5, width: 6, channels: 10, columns: 80,
      groups: 2),
    ConvolutionCase(
      name: "slices", height: 5, width: 6, channels: 8, columns: 18,
      window: window(3, 3), halo: .init(top: 1, bottom: 1, left: 1, right: 1), isSlice: true),
    ConvolutionCase(name: "float", width: 10, channels: 64, columns: 10, result: .float),
    ConvolutionCase(
      name: "clamped float", height: 4, width: 5, channels: 16, columns: 21,
      window: window(3, 3), result: .clampedFloat),
    ConvolutionCase(
      name: "leaky relu", height: 5, width: 9, channels: 12, columns: 27, window: window(3, 3),
      halo: .init(top: 1, bottom: 1, left: 1, right: 1), result: .leakyRelu),
    ConvolutionCase(
      name: "hard swish of a sum", height: 6, width: 7, channels: 16, columns: 17,
      result: .hardSwishResidual),
    ConvolutionCase(
      name: "hard sigmoid", width: 10, channels: 24, columns: 21, result: .hardSigmoidFloat),
    ConvolutionCase(
      name: "saturating leaky relu", width: 7, channels: 40, columns: 24, result: .leakyRelu,
      multiplier: 0x1p90),
    ConvolutionCase(name: "saturating", width: 7, channels: 40, columns: 24, multiplier: 0x1p90),
    ConvolutionCase(
      name: "wide residual", height: 3, width: 6, channels: 16, columns: 84, result: .residual),
    ConvolutionCase(
      name: "wide residual rows", height: 2, width: 7, channels: 16, columns: 80,
      window: window(3, 3), halo: .init(top: 0, bottom: 1, left: 1, right: 0), result: .residual),
    ConvolutionCase(
      name: "wide float residual", height: 3, width: 6, channels: 16, columns: 84,
      result: .residualFloat),
    ConvolutionCase(
      name: "float residual of half a panel", height: 2, width: 7, channels: 16, columns: 40,
      result: .residualFloat),
    ConvolutionCase(
      name: "3x3 float residual", batch: 2, height: 6, width: 7, channels: 16, columns: 17,
      window: window(3, 3), result: .residualFloat),
    ConvolutionCase(
      name: "float residual of many pixels", width: 101, channels: 33, columns: 70,
      result: .residualFloat),
    ConvolutionCase(
      name: "float residual of a vector", width: 1, channels: 65, columns: 40,
      result: .residualFloat),
    ConvolutionCase(
      name: "first layer, float residual", height: 9, width: 11, channels: 3, columns: 64,
      window: window(3, 3, stride: 2), result: .residualFloat),
    ConvolutionCase(
      name: "padded pixels and a float residual", height: 3, width: 4, channels: 8, columns: 17,
      window: .init(kernel: .init(1, 1), padding: .init(1, 1)), fillsHalo: true,
      result: .residualFloat),
    ConvolutionCase(
      name: "hard swish of a float sum", height: 6, width: 7, channels: 16, columns: 20,
      result: .hardSwishResidualFloat),
    ConvolutionCase(name: "ties", width: 9, channels: 8, columns: 16, isTied: true),
    ConvolutionCase(name: "deep pixels", width: 97, channels: 700, columns: 16),
    ConvolutionCase(name: "a pixel beyond a block", width: 49, channels: 40, columns: 72),
    ConvolutionCase(name: "five rows of a product", width: 5, channels: 44, columns: 27),
  ]
}

@Suite("convolution kernels")
struct ConvolutionKernelTests {
  @Test func `equal the definition at every awkward shape, on every variant, however cut`() throws {
    try compare(ConvolutionCase.all)
  }

  func compare(_ cases: [ConvolutionCase]) throws {
    let kernels = cases.enumerated().map { index, test in
      var random = SeededGenerator(seed: UInt64(index))
      return ConvolutionKernel(
        input: test.input, output: test.output, window: test.window, groups: test.groups,
        epilogue: test.epilogue(&random))
    }
    let loaded = try AllVariants(kernels.map(\.spec))
    for (index, test) in cases.enumerated() {
      for pattern in OperandPattern.allCases {
        try check(test, pattern, seed: UInt64(index), loaded)
      }
    }
  }

  /// Sums are whole numbers, a sixth of the residual is often within a rounding of a half.
  @Test func `16-bit inputs, results and residuals are as exact, in any combination`() throws {
    try compare(ConvolutionCase.words)
  }

  @Test func `a residual joins in one rounding, also where two would meet a tie`() throws {
    var random = SeededGenerator(seed: 21)
    let test = ConvolutionCase(name: "residual ties", width: 97, channels: 8, columns: 24)
    let epilogue = Epilogue.requantize(
      multipliers: [Float](repeating: 1, count: test.columns), zeroPoint: 101, bounds: 0...255,
      residual: .init(geometry: test.output, zeroPoint: 131, multiplier: 1 / 6))
    let weights = [Int8](repeating: 0, count: test.columns * test.channels)
    let start = (0..<test.columns).map { _ in Int32.random(in: -20...20, using: &random) }
    let inputs = [random.bytes(test.input.byteCount), random.bytes(test.output.byteCount)]
    let blank = [UInt8](repeating: 0xa5, count: test.output.byteCount)
    let expected = ConvolutionReference(
      input: test.input, output: test.output, window: test.window, groups: 1, epilogue: epilogue,
      weights: weights, start: start
    ).run(inputs[0], residual: inputs[1], into: blank)
    let call = ConvolutionKernel(
      input: test.input, output: test.output, window: test.window, groups: 1, epilogue: epilogue
    ).call(weights: weights, start: start)
    try AllVariants([call.spec])
      .expect(call, inputs: inputs, blank, gives: expected, test.name)
  }

  private func check(
    _ test: ConvolutionCase, _ pattern: OperandPattern, seed: UInt64, _ loaded: AllVariants
  ) throws {
    var random = SeededGenerator(seed: seed)
    let epilogue = test.epilogue(&random)
    let depth = test.channels / test.groups * test.window.taps
    let all = pattern.weights(test.columns * depth, &random)
    // What sums of whole words would overflow with is smaller.
    let weights = test.element == .i16 && depth > 500 ? all.map { $0 / 8 } : all
    let bias = (0..<test.columns).map { _ in Int32.random(in: -3000...3000, using: &random) }
    let start = try #require(
      ConvolutionKernel.startValues(
        bias: bias, weights: weights, input: test.element,
        inputZeroPoint: Int32(test.storedZeroPoint)))
    let stored = pattern.activations(test.input.byteCount, of: test.element, &random)
    let bytes = test.fillsHalo ? haloFilled(stored, test.input) : stored
    let residual = epilogue.residual.map { random.bytes($0.geometry.byteCount) }
    let blank = [UInt8](repeating: 0xa5, count: test.output.byteCount)
    let expected = ConvolutionReference(
      input: test.input, output: test.output, window: test.window, groups: test.groups,
      epilogue: epilogue, weights: weights, start: start
    ).run(bytes, residual: residual, into: blank)
    let call = ConvolutionKernel(
      input: test.input, output: test.output, window: test.window, groups: test.groups,
      epilogue: epilogue
    ).call(weights: weights, start: start)
    loaded.expect(
      call, inputs: [bytes] + (residual.map { [$0] } ?? []), blank, gives: expected,
      "\(test.name), \(pattern.rawValue)")
  }
}
