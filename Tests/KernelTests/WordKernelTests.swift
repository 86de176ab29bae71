import KernelIR
import QuantMath
import Tensors
import TestSupport
import Testing

/// Kernels that go over stored integers one by one, with 16 bits on one side or on all.
@Suite("kernels of 16-bit images")
struct WordKernelTests {
  private static let ring = ImageGeometry.Halo(top: 1, bottom: 2, left: 1, right: 1)

  private static func image(
    _ element: ElementType, _ batch: Int, _ height: Int, _ width: Int, _ channels: Int,
    halo: ImageGeometry.Halo = .none
  ) -> ImageGeometry {
    ImageGeometry(
      element, batch: batch, height: height, width: width, channels: channels, halo: halo)
  }

  private static func bounds(_ element: ElementType) -> ClosedRange<Int32> {
    element == .i16 ? -32768...32767 : 0...255
  }

  private static func zeroPoint(_ element: ElementType, _ value: Int32) -> Int32 {
    element == .i16 ? 0 : value
  }

  // MARK: Elementwise

  private static let forms: [[ElementType]] = [
    [.i16, .i16, .i16], [.i16, .u8, .i16], [.u8, .i16, .u8], [.u8, .u8, .i16], [.i16, .i16, .u8],
  ]

  /// Extents of the left operand and the result, those of the right one, and the result's halo.
  private static let shapes: [(lhs: [Int], rhs: [Int], halo: ImageGeometry.Halo)] = [
    ([1, 7, 9, 5], [1, 7, 9, 5], .none), ([2, 3, 4, 17], [2, 3, 4, 17], ring),
    ([1, 4, 30, 3], [1, 1, 1, 3], .none), ([2, 4, 5, 19], [2, 1, 1, 19], .none),
    ([1, 4, 5, 8], [1, 1, 1, 1], ring), ([1, 3, 50, 33], [1, 3, 50, 33], .none),
  ]

  @Test func `sums and products of bytes and words equal the definition`() throws {
    var random = SeededGenerator(seed: 31)
    var kernels: [ElementwiseKernel] = []
    for (form, (lhs, rhs, halo)) in Self.forms.flatMap({ form in Self.shapes.map { (form, $0) } }) {
      let scaling = ElementwiseKernel.Scaling(
        lhsZeroPoint: Self.zeroPoint(form[0], 100), rhsZeroPoint: Self.zeroPoint(form[1], 31),
        zeroPoint: Self.zeroPoint(form[2], 121), bounds: Self.bounds(form[2]))
      let step: Float = form[2] == .i16 ? 20 : 0.01
      for kind in [
        ElementwiseKernel.Kind.add(scaling, lhsMultiplier: step, rhsMultiplier: step / 6),
        .multiply(scaling, multiplier: step / 300),
      ] {
        kernels.append(
          ElementwiseKernel(
            lhs: Self.image(form[0], lhs[0], lhs[1], lhs[2], lhs[3]),
            rhs: Self.image(form[1], rhs[0], rhs[1], rhs[2], rhs[3]),
            output: Self.image(form[2], lhs[0], lhs[1], lhs[2], lhs[3], halo: halo), kind: kind))
      }
    }
    let loaded = try AllVariants(kernels.map(\.spec))
    for (index, kernel) in kernels.enumerated() {
      let shape = Self.shapes[index / 2 % Self.shapes.count]
      let form = Self.forms[index / 2 / Self.shapes.count]
      let (l, r) = (shape.lhs, shape.rhs)
      let lhs = Self.image(form[0], l[0], l[1], l[2], l[3])
      let rhs = Self.image(form[1], r[0], r[1], r[2], r[3])
      let output = Self.image(form[2], l[0], l[1], l[2], l[3], halo: shape.halo)
      let inputs = [random.bytes(lhs.byteCount), random.bytes(rhs.byteCount)]
      let blank = [UInt8](repeating: 0xa5, count: output.byteCount)
      var expected = haloFilled(blank, output)
      forEachElement(output) { n, y, x, c in
        let b = rhs.value(
          inputs[1], rhs.batch == 1 ? 0 : n, rhs.height == 1 ? 0 : y, rhs.width == 1 ? 0 : x,
          rhs.channels == 1 ? 0 : c)
        let value = Self.value(kernel.kind, lhs.value(inputs[0], n, y, x, c), b)
        output.set(value, in: &expected, n, y, x, c)
      }
      loaded.expect(kernel.call(), inputs: inputs, blank, gives: expected, "case \(index)")
    }
  }

  private static func value(_ kind: ElementwiseKernel.Kind, _ a: Int32, _ b: Int32) -> Int32 {
    switch kind {
    case .add(let scaling, let lhs, let rhs):
      requantize(
        a - scaling.lhsZeroPoint, multiplier: lhs,
        residual: Residual(value: b, zeroPoint: scaling.rhsZeroPoint, multiplier: rhs),
        zeroPoint: scaling.zeroPoint, bounds: scaling.bounds)
    case .multiply(let scaling, let multiplier):
      requantize(
        (a - scaling.lhsZeroPoint) * (b - scaling.rhsZeroPoint), multiplier: multiplier,
        zeroPoint: scaling.zeroPoint, bounds: scaling.bounds)
    case .table: 0
    }
  }

  // MARK: Resize

  @Test func `resize reads and writes words`() throws {
    var random = SeededGenerator(seed: 32)
    let forms: [(ElementType, ElementType)] = [(.i16, .i16), (.i16, .u8), (.u8, .i16)]
    let kernels = forms.flatMap { from, to in
      [5, 16, 33].map { channels in
        ResizeKernel(
          input: Self.image(from, 1, 3, 4, channels),
          output: Self.image(to, 1, 6, 7, channels, halo: Self.ring),
          rows: ImageKernelTests.Scaling.taps(3, 6), pixels: ImageKernelTests.Scaling.taps(4, 7),
          scaling: .init(
            inputZeroPoint: Self.zeroPoint(from, 113), zeroPoint: Self.zeroPoint(to, 99),
            bounds: Self.bounds(to), multiplier: to == .u8 ? 0.004 : from == .u8 ? 150 : 1.1))
      }
    }
    let loaded = try AllVariants(kernels.map(\.spec))
    for kernel in kernels {
      let (input, output, scaling) = (kernel.input, kernel.output, kernel.scaling)
      let bytes = random.bytes(input.byteCount)
      let blank = [UInt8](repeating: 0xa5, count: output.byteCount)
      var expected = haloFilled(blank, output)
      forEachElement(output) { n, y, x, c in
        let rows = (0..<2).map { row -> Float in
          let values = (0..<2).map { pixel in
            Float(
              input.value(
                bytes, n, kernel.rows.positions[2 * y + row],
                kernel.pixels.positions[2 * x + pixel],
                c) - scaling.inputZeroPoint)
          }
          return values[0].addingProduct(kernel.pixels.factors[x], values[1] - values[0])
        }
        let t = rows[0].addingProduct(kernel.rows.factors[y], rows[1] - rows[0])
        let low = Float(scaling.bounds.lowerBound - scaling.zeroPoint)
        let high = Float(scaling.bounds.upperBound - scaling.zeroPoint)
        let step = min(max(t * scaling.multiplier, low), high).rounded(.toNearestOrEven)
        output.set(Int32(step) + scaling.zeroPoint, in: &expected, n, y, x, c)
      }
      loaded.expect(kernel.call(), inputs: [bytes], blank, gives: expected, "\(kernel.spec.symbol)")
    }
  }

  // MARK: Channels

  @Test func `channels of words come from where they are said to`() throws {
    var random = SeededGenerator(seed: 33)
    let tests = [3, 8, 29].map { channels in
      (
        channels: channels,
        origins: (0..<2 * channels).map {
          ChannelGatherKernel.Origin(source: $0 % 2, channel: $0 / 2)
        }
      )
    }
    let kernels = tests.map { test in
      ChannelGatherKernel(
        sources: [0, 1].map { Self.image(.i16, 2, 3, 4, test.channels + $0) },
        output: Self.image(.i16, 2, 3, 4, 2 * test.channels, halo: Self.ring),
        origins: test.origins)
    }
    let loaded = try AllVariants(kernels.map(\.spec))
    for (kernel, test) in zip(kernels, tests) {
      let sources = [0, 1].map { Self.image(.i16, 2, 3, 4, test.channels + $0) }
      let output = Self.image(.i16, 2, 3, 4, 2 * test.channels, halo: Self.ring)
      let inputs = sources.map { random.bytes($0.byteCount) }
      let blank = [UInt8](repeating: 0xa5, count: output.byteCount)
      var expected = haloFilled(blank, output)
      forEachElement(output) { n, y, x, c in
        let origin = test.origins[c]
        output.set(
          sources[origin.source].value(inputs[origin.source], n, y, x, origin.channel),
          in: &expected, n, y, x, c)
      }
      loaded.expect(kernel.call(), inputs: inputs, blank, gives: expected, "\(test.channels)")
    }
  }

  // MARK: Conversions

  private static let layouts: [(shape: ImageGeometry, planar: Bool)] = [
    (image(.i16, 1, 1, 9, 24), false), (image(.i16, 2, 5, 7, 3, halo: ring), true),
    (image(.i16, 1, 4, 19, 5), true), (image(.i16, 1, 3, 4, 20).channels(5..<14), false),
    (image(.i16, 1, 2, 37, 39, halo: ring), true),
  ]

  private static func reals(
    _ shape: ImageGeometry, planar: Bool
  ) -> (ConversionKernel.Strides, (Int, Int, Int, Int) -> Int) {
    let whole = image(.f32, shape.batch, shape.height, shape.width, shape.channels)
    let strides =
      planar ? ConversionKernel.Strides.planar(.f32, like: shape) : ConversionKernel.Strides(whole)
    return (
      strides,
      { n, y, x, c in
        (n * strides.image + y * strides.row + x * strides.pixel + c * strides.channel) / 4
      }
    )
  }

  @Test(arguments: [Float(0.000371), 0x1p-100, 1.9999999])
  func `floats become words, rounded as IEEE divides, and come back`(_ scale: Float) throws {
    var random = SeededGenerator(seed: 34)
    let special: [Float] = [.nan, .infinity, -.infinity, 0, -0.0, .greatestFiniteMagnitude]
    for (shape, planar) in Self.layouts {
      let (strides, index) = Self.reals(shape, planar: planar)
      let count = shape.batch * shape.height * shape.width * shape.channels
      let values = (0..<count).map { i -> Float in
        if i % 13 == 5 { return special[i / 13 % special.count] }
        let step = Float(Int.random(in: -33000...33000, using: &random))
        return (i % 3 == 0 ? step + 0.5 : step * 0.99) * scale
      }
      let forward = ConversionKernel(
        .quantize(scale: scale, zeroPoint: 0, bounds: -32768...32767), from: strides, .f32,
        to: shape)
      let back = ConversionKernel(
        .dequantize(scale: scale, zeroPoint: 0), from: shape, to: strides, .f32)
      let loaded = try AllVariants([forward.spec, back.spec])
      let blank = [UInt8](repeating: 0xa5, count: shape.byteCount)
      var stored = haloFilled(blank, shape)
      var returned = [Float](repeating: 0, count: count)
      forEachElement(shape) { n, y, x, c in
        let value = quantize(
          values[index(n, y, x, c)], scale: scale, zeroPoint: 0, bounds: -32768...32767)
        shape.set(value, in: &stored, n, y, x, c)
        returned[index(n, y, x, c)] = Float(value) * scale
      }
      loaded.expect(
        forward.call(), inputs: [littleEndianBytes(values.map(\.bitPattern))], blank, gives: stored,
        "\(shape)")
      loaded.expect(
        back.call(), inputs: [stored], [UInt8](repeating: 0xa5, count: 4 * count),
        gives: littleEndianBytes(returned.map(\.bitPattern)), "\(shape)")
    }
  }
}
