import KernelIR
import Tensors
import TestSupport
import Testing

@Suite("winograd kernels")
struct WinogradKernelTests {
  private static func test(
    _ name: String, batch: Int = 1, _ height: Int, _ width: Int, _ channels: Int, _ columns: Int,
    padding: Int = 1, zeroPoint: UInt8 = 9, halo: ImageGeometry.Halo = .none,
    result: ConvolutionCase.Result = .bytes, isSlice: Bool = false, isTied: Bool = false,
    words: (result: ElementType, residual: ElementType) = (.u8, .u8)
  ) -> ConvolutionCase {
    var test = ConvolutionCase(
      name: name, batch: batch, height: height, width: width, channels: channels, columns: columns,
      window: .init(kernel: .init(3, 3), padding: .init(padding, padding)), zeroPoint: zeroPoint,
      halo: halo, result: result, isSlice: isSlice, isTied: isTied)
    (test.resultElement, test.residualElement) = words
    return test
  }

  private static let ring = ImageGeometry.Halo(top: 1, bottom: 2, left: 3, right: 1)

  /// Blocks of four and of two along both axes, alone and together; few kernels, because they take long
  /// to compile.
  private static let cases: [ConvolutionCase] =
    [(1, 1), (2, 3), (3, 2), (4, 4), (5, 9), (8, 7), (10, 10), (3, 18), (21, 2)].map {
      test("\($0) x \($1)", $0, $1, 16, 16)
    }
    + [8, 24, 40, 56].map { test("\($0) channels", 4, 4, $0, 16) }
    + [1, 13, 17, 31, 40].map { test("\($0) columns", 3, 4, 8, $0) }
    + [
      test("several chunks", 28, 30, 112, 1),
      test("a chunk for each of two threads", 37, 40, 8, 2),
      test("batch into a halo", batch: 3, 5, 6, 16, 24, halo: ring),
      test("unpadded", 7, 9, 16, 18, padding: 0, halo: ring),
      test("padded by two", 6, 3, 8, 16, padding: 2),
      test("slices", 4, 7, 24, 19, halo: ring, isSlice: true),
      test("zeros", 4, 8, 32, 32, zeroPoint: 0, result: .unshifted),
      test("ties", 4, 5, 8, 16, isTied: true),
      test("residual", batch: 2, 9, 6, 16, 21, halo: ring, result: .residual),
      test("leaky relu", 3, 4, 8, 16, result: .leakyRelu),
      test("hard swish of a sum", 3, 4, 8, 37, result: .hardSwishResidual),
      test("float", 3, 5, 16, 21, result: .float),
      test("clamped float", 4, 3, 24, 16, result: .clampedFloat),
      test("float residual", 4, 7, 8, 18, result: .residualFloat),
      test("words", 3, 6, 16, 20, halo: ring, words: (.i16, .u8)),
      test("residual of words", 4, 3, 16, 20, result: .residual, words: (.u8, .i16)),
    ]

  @Test func `equal the definition at every awkward shape, on every variant, however cut`() throws {
    let kernels = Self.cases.enumerated().map { index, test in
      var random = SeededGenerator(seed: UInt64(index))
      return WinogradKernel(
        input: test.input, output: test.output, window: test.window,
        epilogue: test.epilogue(&random))
    }
    let loaded = try AllVariants(kernels.map(\.spec))
    for (index, test) in Self.cases.enumerated() {
      for pattern in OperandPattern.allCases {
        var random = SeededGenerator(seed: UInt64(index))
        let epilogue = test.epilogue(&random)
        let weights = pattern.weights(test.columns * test.channels * 9, &random)
        #expect(WinogradKernel.fits(weights: weights, outputChannels: test.columns))
        let bias = (0..<test.columns).map { _ in Int32.random(in: -3000...3000, using: &random) }
        let start = try #require(
          ConvolutionKernel.startValues(
            bias: bias, weights: weights, inputZeroPoint: Int32(test.zeroPoint)))
        let bytes = pattern.activations(test.input.byteCount, of: .u8, &random)
        let residual = epilogue.residual.map { random.bytes($0.geometry.byteCount) }
        let blank = [UInt8](repeating: 0xa5, count: test.output.byteCount)
        let expected = ConvolutionReference(
          input: test.input, output: test.output, window: test.window, groups: 1,
          epilogue: epilogue, weights: weights, start: start
        ).run(bytes, residual: residual, into: blank)
        let call = WinogradKernel(
          input: test.input, output: test.output, window: test.window, epilogue: epilogue
        ).call(weights: weights, start: start)
        loaded.expect(
          call, inputs: [bytes] + (residual.map { [$0] } ?? []), blank, gives: expected,
          "\(test.name), \(pattern.rawValue)")
      }
    }
  }

  /// Sums that reach the bound from below are still exact; one more weight and the kernel is not taken.
  @Test func `the largest sums that fit are exact`() throws {
    let (channels, limit) = (120, (1 << 25) / 255)
    var weights = [Int8](repeating: 127, count: limit / 127)
    weights.append(Int8((limit - 1) % 127))
    weights += [Int8](repeating: 0, count: channels * 9 - weights.count)
    #expect(WinogradKernel.fits(weights: weights, outputChannels: 1))
    #expect(WinogradKernel.fits(weights: weights.map { -$0 }, outputChannels: 1))
    #expect(!WinogradKernel.fits(weights: weights.map { $0 == 0 ? 1 : $0 }, outputChannels: 1))

    let test = Self.test("largest", 6, 6, channels, 1, padding: 0, result: .float)
    let epilogue = Epilogue.float(scales: [1], bounds: nil)
    for sign in [1, -1] {
      let signed = weights.map { Int8(Int($0) * sign) }
      let bytes = [UInt8](repeating: 255, count: test.input.byteCount)
      let blank = [UInt8](repeating: 0xa5, count: test.output.byteCount)
      let expected = ConvolutionReference(
        input: test.input, output: test.output, window: test.window, groups: 1, epilogue: epilogue,
        weights: signed, start: [7]
      ).run(bytes, residual: nil, into: blank)
      let call = WinogradKernel(
        input: test.input, output: test.output, window: test.window, epilogue: epilogue
      ).call(weights: signed, start: [7])
      try AllVariants([call.spec]).expect(
        call, inputs: [bytes], blank, gives: expected, "sums of \(sign * limit * 255)")
    }
  }

  @Test func `is taken for dense 3x3 windows of bytes alone`() {
    let image = ImageGeometry(.u8, batch: 1, height: 8, width: 8, channels: 16)
    let words = ImageGeometry(.i16, batch: 1, height: 8, width: 8, channels: 16)
    let odd = ImageGeometry(.u8, batch: 1, height: 8, width: 8, channels: 12)
    let window = ConvolutionWindow(kernel: .init(3, 3))
    #expect(WinogradKernel.takes(input: image, window: window, groups: 1))
    #expect(!WinogradKernel.takes(input: image, window: window, groups: 2))
    #expect(!WinogradKernel.takes(input: words, window: window, groups: 1))
    #expect(!WinogradKernel.takes(input: odd, window: window, groups: 1))
    for other in [
      ConvolutionWindow(kernel: .init(3, 3), stride: .init(2, 1)),
      ConvolutionWindow(kernel: .init(3, 3), dilation: .init(1, 2)),
      ConvolutionWindow(kernel: .init(3, 5)),
    ] {
      #expect(!WinogradKernel.takes(input: image, window: other, groups: 1))
    }
  }
}
