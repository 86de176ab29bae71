import KernelIR
import QuantMath
import Tensors
import TestSupport
import Testing

@Suite("pooling kernels")
struct PoolKernelTests {
  struct Case: Sendable {
    var batch = 1
    var height: Int
    var width: Int
    var channels: Int
    var window: ConvolutionWindow
    var rows: Int
    var pixels: Int
    var halo = ImageGeometry.Halo.none
    /// Channels of the buffers before the pooled ones, and behind them.
    var sides = 0
    var element = ElementType.u8
    var resultElement = ElementType.u8

    var input: ImageGeometry {
      ImageGeometry(
        element, batch: batch, height: height, width: width, channels: channels + 2 * sides,
        halo: .init(top: 0, bottom: 1, left: 2, right: 0), haloByte: element == .u8 ? 200 : 0
      ).channels(sides..<sides + channels)
    }
    var output: ImageGeometry {
      ImageGeometry(
        resultElement, batch: batch, height: rows, width: pixels, channels: channels + 2 * sides,
        halo: halo, haloByte: resultElement == .u8 ? 7 : 0
      ).channels(sides..<sides + channels)
    }
    var realOutput: ImageGeometry {
      ImageGeometry(.f32, batch: batch, height: rows, width: pixels, channels: channels)
    }
  }

  private static let cases: [Case] = [
    Case(
      height: 4, width: 6, channels: 3, window: .init(kernel: .init(2, 2), stride: .init(2, 2)),
      rows: 2, pixels: 3),
    Case(
      batch: 2, height: 5, width: 5, channels: 17,
      window: .init(kernel: .init(3, 3), stride: .init(2, 2), padding: .init(1, 1)), rows: 3,
      pixels: 3, halo: .init(top: 1, bottom: 0, left: 1, right: 2)),
    Case(
      height: 6, width: 5, channels: 64,
      window: .init(kernel: .init(6, 5)), rows: 1, pixels: 1),
    Case(
      height: 7, width: 7, channels: 8,
      window: .init(kernel: .init(2, 3), stride: .init(1, 2), dilation: .init(2, 2)), rows: 5,
      pixels: 2),
    Case(
      height: 5, width: 5, channels: 20,
      window: .init(kernel: .init(3, 3), stride: .init(2, 2)), rows: 3, pixels: 3),
    Case(
      height: 9, width: 11, channels: 24,
      window: .init(kernel: .init(3, 3), stride: .init(2, 2), padding: .init(1, 1)), rows: 5,
      pixels: 6, halo: .init(top: 1, bottom: 1, left: 1, right: 1)),
    Case(
      batch: 2, height: 7, width: 8, channels: 96,
      window: .init(kernel: .init(3, 3), stride: .init(2, 2), padding: .init(1, 1)), rows: 4,
      pixels: 4, halo: .init(top: 1, bottom: 1, left: 1, right: 1)),
    Case(
      height: 6, width: 7, channels: 40,
      window: .init(kernel: .init(3, 3), stride: .init(1, 1), padding: .init(1, 1)), rows: 6,
      pixels: 7),
    Case(
      height: 5, width: 6, channels: 64,
      window: .init(kernel: .init(2, 2), stride: .init(2, 2)), rows: 3, pixels: 3),
    Case(
      height: 6, width: 9, channels: 150,
      window: .init(kernel: .init(1, 2), stride: .init(2, 3)), rows: 3, pixels: 3, sides: 3),
    Case(
      height: 3, width: 1, channels: 33,
      window: .init(kernel: .init(5, 5), stride: .init(1, 2), padding: .init(2, 2)), rows: 3,
      pixels: 1),
    Case(
      height: 4, width: 5, channels: 70,
      window: .init(kernel: .init(2, 2), stride: .init(1, 1)), rows: 3, pixels: 4, sides: 5),
  ]

  private static func kind(_ test: Case, countsPadding: Bool) -> PoolKernel.Kind {
    let taps = test.window.taps
    let isWord = test.resultElement == .i16
    return .average(
      .init(
        inputZeroPoint: test.element == .i16 ? 0 : 120, zeroPoint: isWord ? 0 : 33,
        bounds: isWord ? -30000...32767 : 10...251,
        multipliers: (0...taps).map { $0 == 0 ? 0 : 1.5 / Float($0) },
        countsPadding: countsPadding))
  }

  @Test func `equal the definition, clipped at the edges, on every variant, however cut`() throws {
    let kernels = Self.cases.flatMap { test in
      [.maximum, Self.kind(test, countsPadding: false), Self.kind(test, countsPadding: true)].map {
        PoolKernel(input: test.input, output: test.output, window: test.window, kind: $0)
      }
    }
    try compare(kernels, seed: 5)
  }

  @Test func `16-bit images are pooled as bytes are`() throws {
    let kernels = Self.cases.enumerated().flatMap { index, test in
      var words = test
      (words.element, words.resultElement) = (.i16, .i16)
      var mixed = words
      if index % 2 == 0 { mixed.element = .u8 } else { mixed.resultElement = .u8 }
      return [
        (words, .maximum), (words, Self.kind(words, countsPadding: false)),
        (mixed, Self.kind(mixed, countsPadding: true)),
      ].map { (test: Case, kind: PoolKernel.Kind) in
        PoolKernel(input: test.input, output: test.output, window: test.window, kind: kind)
      }
    }
    try compare(kernels, seed: 8)
  }

  @Test func `an average with a float result is the sum times its multiplier`() throws {
    let kernels = Self.cases.flatMap { test in
      [false, true].map {
        PoolKernel(
          input: test.input, output: test.realOutput, window: test.window,
          kind: Self.kind(test, countsPadding: $0))
      }
    }
    try compare(kernels, seed: 6)
  }

  /// Every variant against the definition, on random images.
  private func compare(_ kernels: [PoolKernel], seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let loaded = try AllVariants(kernels.map(\.spec))
    for kernel in kernels {
      let bytes = random.bytes(kernel.input.byteCount)
      let blank = [UInt8](repeating: 0xa5, count: kernel.output.byteCount)
      loaded.expect(
        kernel.call(), inputs: [bytes], blank, gives: reference(kernel, bytes, blank),
        "\(kernel.window), \(kernel.spec.symbol)")
    }
  }

  private func reference(_ kernel: PoolKernel, _ bytes: [UInt8], _ blank: [UInt8]) -> [UInt8] {
    let (input, output, window) = (kernel.input, kernel.output, kernel.window)
    var result = haloFilled(blank, output)
    for n in 0..<output.batch {
      for y in 0..<output.height {
        for x in 0..<output.width {
          for c in 0..<output.channels {
            var taps: [Int32] = []
            for ky in 0..<window.kernel.y {
              for kx in 0..<window.kernel.x {
                let row = y * window.stride.y + ky * window.dilation.y - window.padding.y
                let pixel = x * window.stride.x + kx * window.dilation.x - window.padding.x
                guard (0..<input.height).contains(row), (0..<input.width).contains(pixel) else {
                  continue
                }
                taps.append(input.value(bytes, n, row, pixel, c))
              }
            }
            let at = output.offset(n, y, x, c)
            let bytes = value(kernel, taps).prefix(output.elementBytes)
            result.replaceSubrange(at..<at + bytes.count, with: bytes)
          }
        }
      }
    }
    return result
  }

  /// The bytes of a result, the first of which are those that its type has.
  private func value(_ kernel: PoolKernel, _ taps: [Int32]) -> [UInt8] {
    switch kernel.kind {
    case .maximum:
      let least: Int32 = kernel.output.element == .i16 ? -32768 : 0
      return littleEndianBytes([UInt32(bitPattern: taps.max() ?? least)])
    case .average(let average):
      let count = average.countsPadding ? kernel.window.taps : taps.count
      let sum = taps.reduce(0) { $0 + $1 - average.inputZeroPoint }
      if kernel.output.element == .f32 {
        return littleEndianBytes([(Float(sum) * average.multipliers[count]).bitPattern])
      }
      let stored = requantize(
        sum, multiplier: average.multipliers[count], zeroPoint: average.zeroPoint,
        bounds: average.bounds)
      return littleEndianBytes([UInt32(bitPattern: stored)])
    }
  }
}
