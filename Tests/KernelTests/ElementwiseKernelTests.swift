import KernelIR
import QuantMath
import Tensors
import TestSupport
import Testing

@Suite("elementwise kernels")
struct ElementwiseKernelTests {
  private static let scaling = ElementwiseKernel.Scaling(
    lhsZeroPoint: 100, rhsZeroPoint: 31, zeroPoint: 121, bounds: 4...250)

  private static let kinds: [ElementwiseKernel.Kind] = [
    .add(scaling, lhsMultiplier: 0.75, rhsMultiplier: 0.5),
    .add(scaling, lhsMultiplier: 0.5, rhsMultiplier: 0x1p40),
    // A third of an odd number is near a half: whether the product is rounded decides.
    .add(scaling, lhsMultiplier: 1, rhsMultiplier: 1 / 6),
    .multiply(scaling, multiplier: 0.0625),
    .table((0..<256).map { UInt8(truncatingIfNeeded: $0 * 37 + 11) }),
  ]

  private static func image(
    _ batch: Int, _ height: Int, _ width: Int, _ channels: Int, halo: ImageGeometry.Halo = .none
  ) -> ImageGeometry {
    ImageGeometry(
      .u8, batch: batch, height: height, width: width, channels: channels, halo: halo, haloByte: 3)
  }

  private static let ring = ImageGeometry.Halo(top: 1, bottom: 2, left: 1, right: 1)

  private static let shapes: [(ImageGeometry, ImageGeometry, ImageGeometry)] = [
    (image(1, 1, 1, 1), image(1, 1, 1, 1), image(1, 1, 1, 1)),
    (image(1, 7, 9, 5), image(1, 7, 9, 5), image(1, 7, 9, 5)),
    (image(2, 3, 4, 17, halo: ring), image(2, 3, 4, 17), image(2, 3, 4, 17, halo: ring)),
    (image(1, 2, 7, 41, halo: ring), image(1, 2, 7, 41, halo: ring), image(1, 2, 7, 41)),
    (image(1, 4, 30, 3), image(1, 1, 1, 3), image(1, 4, 30, 3)),
    (image(2, 4, 5, 19), image(2, 1, 1, 19), image(2, 4, 5, 19)),
    (image(1, 4, 5, 8), image(1, 1, 1, 1), image(1, 4, 5, 8, halo: ring)),
    (image(1, 2, 5, 40).channels(3..<12), image(1, 2, 5, 9), image(1, 2, 5, 20).channels(4..<13)),
  ]

  @Test func `equal the definition for each broadcast, on every variant, however cut`() throws {
    var random = SeededGenerator(seed: 7)
    let kernels = Self.shapes.flatMap { lhs, rhs, output in
      Self.kinds.map { kind -> ElementwiseKernel in
        if case .table = kind {
          return ElementwiseKernel(lhs: lhs, rhs: nil, output: output, kind: kind)
        }
        return ElementwiseKernel(lhs: lhs, rhs: rhs, output: output, kind: kind)
      }
    }
    let loaded = try AllVariants(kernels.map(\.spec))
    for (index, kernel) in kernels.enumerated() {
      let (lhs, rhs, output) = Self.shapes[index / Self.kinds.count]
      let inputs = [random.bytes(lhs.byteCount), random.bytes(rhs.byteCount)]
      let blank = [UInt8](repeating: 0xa5, count: output.byteCount)
      var expected = haloFilled(blank, output)
      forEachElement(output) { n, y, x, c in
        let a = Int32(inputs[0][lhs.offset(n, y, x, c)])
        let b = inputs[1][
          rhs.offset(
            rhs.batch == 1 ? 0 : n, rhs.height == 1 ? 0 : y, rhs.width == 1 ? 0 : x,
            rhs.channels == 1 ? 0 : c)]
        expected[output.offset(n, y, x, c)] = value(kernel.kind, a, Int32(b))
      }
      loaded.expect(kernel.call(), inputs: inputs, blank, gives: expected, "case \(index)")
    }
  }

  private func value(_ kind: ElementwiseKernel.Kind, _ a: Int32, _ b: Int32) -> UInt8 {
    switch kind {
    case .add(let scaling, let lhs, let rhs):
      UInt8(
        requantize(
          a - scaling.lhsZeroPoint, multiplier: lhs,
          residual: Residual(value: b, zeroPoint: scaling.rhsZeroPoint, multiplier: rhs),
          zeroPoint: scaling.zeroPoint, bounds: scaling.bounds))
    case .multiply(let scaling, let multiplier):
      UInt8(
        requantize(
          (a - scaling.lhsZeroPoint) * (b - scaling.rhsZeroPoint), multiplier: multiplier,
          zeroPoint: scaling.zeroPoint, bounds: scaling.bounds))
    case .table(let table): table[Int(a)]
    }
  }
}

/// Every element of an image's interior.
func forEachElement(_ geometry: ImageGeometry, _ body: (Int, Int, Int, Int) -> Void) {
  for n in 0..<geometry.batch {
    for y in 0..<geometry.height {
      for x in 0..<geometry.width {
        for c in 0..<geometry.channels { body(n, y, x, c) }
      }
    }
  }
}
