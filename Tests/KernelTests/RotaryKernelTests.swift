import CReference
import KernelIR
import Tensors
import TestSupport
import Testing

@Suite("rotary kernels")
struct RotaryKernelTests {
  /// Heads of one image, `[rows, heads, width]` in memory.
  struct Sample {
    let isInterleaved: Bool
    let heads: Int
    let width: Int
    let size: Int
    let rows = 5
    /// The heads lie behind all rows of the one before: `[heads, rows, width]`.
    var headsAreOutside = false
    /// x has this many elements more from head to head.
    var gap = 0
  }

  /// What is read, and what is stored.
  static let stores: [(RotaryKernel.Store, RotaryKernel.Store)] = [
    (.float, .bytes(scale: 0.031, zeroPoint: 117)), (.float, .float),
    (.bytes(scale: 0.02, zeroPoint: 3), .float),
    (.bytes(scale: 0.02, zeroPoint: 255), .bytes(scale: 1.7, zeroPoint: 128)),
  ]

  static let samples: [Sample] = [false, true].flatMap { isInterleaved in
    [
      (1, 2, 2), (3, 2, 2), (7, 4, 4), (8, 8, 8), (3, 8, 8), (5, 16, 16), (3, 32, 32), (2, 40, 40),
      (2, 64, 64), (3, 6, 6), (4, 10, 4), (3, 20, 16), (2, 80, 32), (1, 130, 66), (9, 24, 24),
    ].flatMap { heads, width, size in
      [
        Sample(isInterleaved: isInterleaved, heads: heads, width: width, size: size),
        Sample(
          isInterleaved: isInterleaved, heads: heads, width: width, size: size,
          headsAreOutside: true),
        Sample(isInterleaved: isInterleaved, heads: heads, width: width, size: size, gap: 3),
      ]
    }
  }

  private func kernel(
    _ sample: Sample, _ input: RotaryKernel.Store, _ output: RotaryKernel.Store
  ) throws -> RotaryKernel {
    let (inBytes, outBytes) = (input.element.bitWidth / 8, output.element.bitWidth / 8)
    let (width, pitch) = (sample.width, sample.width + sample.gap)
    func strides(_ pitch: Int) -> [Int] {
      sample.headsAreOutside ? [pitch, sample.rows * pitch] : [sample.heads * pitch, pitch]
    }
    let angles = [2 * sample.size, 0]
    return try RotaryKernel(
      isInterleaved: sample.isInterleaved, size: sample.size, width: width, input: input,
      output: output,
      heads: .init(
        extents: [sample.rows, sample.heads],
        strides: [strides(pitch * inBytes), angles, angles, strides(width * outBytes)]))
  }

  @Test func `heads of every width and order turn as the reference says`() throws {
    var random = SeededGenerator(seed: 91)
    // Every width where floats become bytes, else one of each kind.
    let cases = Self.stores.flatMap { stores in
      Self.samples.filter {
        stores == Self.stores[0] || [8, 40, 20].contains($0.width)
      }.map { ($0, stores.0, stores.1) }
    }
    let calls = try cases.map { try kernel($0.0, $0.1, $0.2).call() }
    var kernels: [KernelCall] = []
    for call in calls where !kernels.contains(where: { $0.spec == call.spec }) {
      kernels.append(call)
    }
    let loaded = try FloatVariants(kernels)
    for ((sample, input, output), call) in zip(cases, calls) {
      let heads = sample.rows * sample.heads
      let pitch = sample.width + sample.gap
      let (stored, numbers) = stored(heads * pitch, as: input, &random)
      let pairs = sample.size / 2
      let cosines = random.floats(sample.rows * pairs)
      let sines = random.floats(sample.rows * pairs)
      var x: [Float] = []
      var each: (cosines: [Float], sines: [Float]) = ([], [])
      for head in 0..<heads {
        x += numbers[head * pitch..<head * pitch + sample.width]
        let row = sample.headsAreOutside ? head % sample.rows : head / sample.heads
        each.cosines += cosines[row * pairs..<(row + 1) * pairs]
        each.sines += sines[row * pairs..<(row + 1) * pairs]
      }
      var y = x
      qr_rotary(
        Int64(heads), Int64(sample.width), Int64(sample.size), sample.isInterleaved, x,
        each.cosines, each.sines, &y)
      let expected = result(y, as: output)
      loaded.expect(
        call, inputs: [stored, littleEndian(cosines), littleEndian(sines)],
        blank: [UInt8](repeating: 0xa5, count: expected.count), gives: expected, "\(sample)",
        isFloat: output == .float)
    }
  }

  /// Random elements as they are stored, and the numbers that they stand for.
  private func stored(
    _ count: Int, as store: RotaryKernel.Store, _ random: inout SeededGenerator
  ) -> ([UInt8], [Float]) {
    guard case .bytes(let scale, let zeroPoint) = store else {
      let numbers = random.awkwardFloats(count)
      return (littleEndian(numbers), numbers)
    }
    let bytes = random.bytes(count)
    var numbers = [Float](repeating: 0, count: count)
    qr_dequantize(1, 1, Int64(count), bytes.map { Int32($0) }, [scale], [zeroPoint], &numbers)
    return (bytes, numbers)
  }

  private func result(_ y: [Float], as store: RotaryKernel.Store) -> [UInt8] {
    guard case .bytes(let scale, let zeroPoint) = store else { return littleEndian(y) }
    var q = [Int32](repeating: 0, count: y.count)
    let bounds = qr_store(zero_point: zeroPoint, low: 0, high: 255)
    qr_quantize(1, 1, Int64(y.count), y, [scale], [bounds], &q)
    return q.map { UInt8($0) }
  }
}
