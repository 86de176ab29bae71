import KernelIR
import QuantMath
import Tensors
import TestSupport
import Testing

@Suite("conversion kernels")
struct ConversionKernelTests {
  private static func image(
    _ element: ElementType, _ batch: Int, _ height: Int, _ width: Int, _ channels: Int,
    halo: ImageGeometry.Halo = .none
  ) -> ImageGeometry {
    ImageGeometry(
      element, batch: batch, height: height, width: width, channels: channels, halo: halo,
      haloByte: 17)
  }

  private static let ring = ImageGeometry.Halo(top: 1, bottom: 1, left: 1, right: 2)

  /// Images and whether the other side is planar.
  private static func shapes(_ element: ElementType) -> [(image: ImageGeometry, planar: Bool)] {
    let halo = element.bitWidth == 8 ? ring : .none
    return [
      (image(element, 1, 1, 1, 640), false), (image(element, 1, 1, 9, 24), false),
      (image(element, 2, 5, 7, 3, halo: halo), true),
      (image(element, 1, 6, 10, 1, halo: halo), true),
      (image(element, 1, 4, 19, 5), true), (image(element, 2, 3, 5, 11, halo: halo), false),
      (image(element, 1, 3, 4, 20).channels(5..<14), false),
      (image(element, 1, 2, 35, 3, halo: halo), true), (image(element, 2, 3, 18, 3), true),
      (image(element, 1, 2, 21, 4), true), (image(element, 1, 3, 17, 2, halo: halo), true),
      (image(element, 1, 2, 37, 39, halo: halo), true),
      (image(element, 1, 3, 13, 40).channels(3..<29), true),
    ]
  }

  private static func strides(
    _ element: ElementType, _ shape: ImageGeometry, planar: Bool
  ) -> ConversionKernel.Strides {
    planar
      ? .planar(element, like: shape)
      : ConversionKernel.Strides(
        image(element, shape.batch, shape.height, shape.width, shape.channels))
  }

  private static func offset(
    _ strides: ConversionKernel.Strides, _ n: Int, _ y: Int, _ x: Int, _ c: Int
  ) -> Int {
    strides.origin + n * strides.image + y * strides.row + x * strides.pixel + c * strides.channel
  }

  private static func bytes(_ value: Float) -> [UInt8] { littleEndianBytes([value.bitPattern]) }

  /// Ties of every kind, the ends of the range, and what is no number.
  private static func reals(_ count: Int, scale: Float, _ random: inout SeededGenerator) -> [Float]
  {
    let special: [Float] = [
      .nan, -.nan, .infinity, -.infinity, 0, -0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude,
    ]
    return (0..<count).map { index in
      if index % 13 == 5 { return special[index / 13 % special.count] }
      if index % 3 == 0 { return (Float(Int.random(in: -300...300, using: &random)) + 0.5) * scale }
      return Float.random(in: -300...300, using: &random) * scale
    }
  }

  @Test(arguments: [Float(0.0371), 0x1p-100, 0x1p100, 1.9999999])
  func `quantize divides as IEEE does, from either layout into an image with halo`(
    _ scale: Float
  ) throws {
    var random = SeededGenerator(seed: 9)
    let kernels = Self.shapes(.u8).map { shape, planar in
      ConversionKernel(
        .quantize(scale: scale, zeroPoint: 120, bounds: 2...253),
        from: Self.strides(.f32, shape, planar: planar), .f32, to: shape)
    }
    let loaded = try AllVariants(kernels.map(\.spec))
    for (kernel, (shape, planar)) in zip(kernels, Self.shapes(.u8)) {
      let count = shape.batch * shape.height * shape.width * shape.channels
      let values = Self.reals(count, scale: scale, &random)
      let blank = [UInt8](repeating: 0xa5, count: shape.byteCount)
      var expected = haloFilled(blank, shape)
      let source = Self.strides(.f32, shape, planar: planar)
      forEachElement(shape) { n, y, x, c in
        expected[shape.offset(n, y, x, c)] = UInt8(
          quantize(
            values[Self.offset(source, n, y, x, c) / 4], scale: scale, zeroPoint: 120,
            bounds: 2...253))
      }
      loaded.expect(
        kernel.call(), inputs: [values.flatMap(Self.bytes)], blank, gives: expected, "\(shape)")
    }
  }

  @Test func `dequantize writes any layout`() throws {
    var random = SeededGenerator(seed: 11)
    let kernels = Self.shapes(.u8).map { shape, planar in
      ConversionKernel(
        .dequantize(scale: 0.0123, zeroPoint: 77), from: shape,
        to: Self.strides(.f32, shape, planar: planar), .f32)
    }
    let loaded = try AllVariants(kernels.map(\.spec))
    for (kernel, (shape, planar)) in zip(kernels, Self.shapes(.u8)) {
      let input = random.bytes(shape.byteCount)
      let target = Self.strides(.f32, shape, planar: planar)
      let count = 4 * shape.batch * shape.height * shape.width * shape.channels
      let blank = [UInt8](repeating: 0xa5, count: count)
      var expected = blank
      forEachElement(shape) { n, y, x, c in
        let value = Float(Int32(input[shape.offset(n, y, x, c)]) - 77) * 0.0123
        let at = Self.offset(target, n, y, x, c)
        expected.replaceSubrange(at..<at + 4, with: Self.bytes(value))
      }
      loaded.expect(kernel.call(), inputs: [input], blank, gives: expected, "\(shape)")
    }
  }

  @Test(arguments: [ElementType.u8, .f32])
  func `copy changes the layout, and the sign of bytes`(_ element: ElementType) throws {
    var random = SeededGenerator(seed: 13)
    let flip: UInt8 = element == .u8 ? 0x80 : 0
    let size = element.bitWidth / 8
    let kernels = Self.shapes(element).map { shape, planar in
      ConversionKernel(
        .copy(flip: flip), from: Self.strides(element, shape, planar: planar), element, to: shape)
    }
    let loaded = try AllVariants(kernels.map(\.spec))
    for (kernel, (shape, planar)) in zip(kernels, Self.shapes(element)) {
      let count = size * shape.batch * shape.height * shape.width * shape.channels
      let input = random.bytes(count)
      let blank = [UInt8](repeating: 0xa5, count: shape.byteCount)
      var expected = haloFilled(blank, shape)
      let source = Self.strides(element, shape, planar: planar)
      forEachElement(shape) { n, y, x, c in
        for byte in 0..<size {
          expected[shape.offset(n, y, x, c) + byte] =
            input[Self.offset(source, n, y, x, c) + byte] ^ flip
        }
      }
      loaded.expect(kernel.call(), inputs: [input], blank, gives: expected, "\(shape)")
    }
  }

  @Test(arguments: [ElementType.u8, .f32])
  func `copy takes an image apart into planes`(_ element: ElementType) throws {
    var random = SeededGenerator(seed: 15)
    let flip: UInt8 = element == .u8 ? 0x80 : 0
    let size = element.bitWidth / 8
    let shapes = Self.shapes(element).map(\.image)
    let kernels = shapes.map { shape in
      ConversionKernel(
        .copy(flip: flip), from: shape, to: .planar(element, like: shape), element)
    }
    let loaded = try AllVariants(kernels.map(\.spec))
    for (kernel, shape) in zip(kernels, shapes) {
      let input = random.bytes(shape.byteCount)
      let count = size * shape.batch * shape.height * shape.width * shape.channels
      var expected = [UInt8](repeating: 0xa5, count: count)
      let blank = expected
      let target = Self.strides(element, shape, planar: true)
      forEachElement(shape) { n, y, x, c in
        for byte in 0..<size {
          expected[Self.offset(target, n, y, x, c) + byte] =
            input[shape.offset(n, y, x, c) + byte] ^ flip
        }
      }
      loaded.expect(kernel.call(), inputs: [input], blank, gives: expected, "\(shape)")
    }
  }

  @Test func `quantize takes the pixels of a float image apart into planes`() throws {
    var random = SeededGenerator(seed: 17)
    let shapes = Self.shapes(.f32).map(\.image)
    let kernels = shapes.map { shape in
      ConversionKernel(
        .quantize(scale: 0.0371, zeroPoint: 120, bounds: 2...253), from: shape,
        to: .planar(.u8, like: shape), .u8)
    }
    let loaded = try AllVariants(kernels.map(\.spec))
    for (kernel, shape) in zip(kernels, shapes) {
      let values = Self.reals(shape.byteCount / 4, scale: 0.0371, &random)
      let count = shape.batch * shape.height * shape.width * shape.channels
      var expected = [UInt8](repeating: 0xa5, count: count)
      let blank = expected
      let target = Self.strides(.u8, shape, planar: true)
      forEachElement(shape) { n, y, x, c in
        let value = values[shape.offset(n, y, x, c) / 4]
        expected[Self.offset(target, n, y, x, c)] = UInt8(
          quantize(value, scale: 0.0371, zeroPoint: 120, bounds: 2...253))
      }
      loaded.expect(
        kernel.call(), inputs: [values.flatMap(Self.bytes)], blank, gives: expected, "\(shape)")
    }
  }
}
