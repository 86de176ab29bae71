import KernelIR
import QuantMath
import Tensors
import TestSupport
import Testing

@Suite("kernels that pick and interpolate")
struct ImageKernelTests {
  private static let ring = ImageGeometry.Halo(top: 1, bottom: 2, left: 1, right: 1)

  /// A channel gather: the channels of each source, and where each result channel comes from.
  struct Gather: Sendable {
    var name: String
    var batch = 1
    var height = 3
    var width = 4
    var sources: [Int]
    var origins: [ChannelGatherKernel.Origin]
    var halo = ImageGeometry.Halo.none
    var isPart = false

    var inputs: [ImageGeometry] {
      sources.enumerated().map { index, channels in
        let whole = ImageGeometry(
          .u8, batch: batch, height: height, width: width, channels: channels + 3 * index,
          halo: .init(top: index, bottom: 0, left: 1, right: 0))
        return whole.channels(2 * index..<2 * index + channels)
      }
    }
    var output: ImageGeometry {
      let whole = ImageGeometry(
        .u8, batch: batch, height: height, width: width, channels: origins.count + (isPart ? 9 : 0),
        halo: halo, haloByte: 77)
      return isPart ? whole.channels(4..<4 + origins.count) : whole
    }
    var kernel: ChannelGatherKernel {
      ChannelGatherKernel(sources: inputs, output: output, origins: origins)
    }

    /// Channels of two sources by turns.
    static func shuffle(_ channels: Int, name: String, isPart: Bool = false) -> Gather {
      Gather(
        name: name, sources: [channels, channels],
        origins: (0..<2 * channels).map { .init(source: $0 % 2, channel: $0 / 2) },
        halo: isPart ? .none : ring, isPart: isPart)
    }
  }

  private static let gathers: [Gather] =
    [1, 3, 8, 9, 16, 29, 58].map { Gather.shuffle($0, name: "shuffle of \($0)") } + [
      Gather.shuffle(21, name: "shuffle into a part", isPart: true),
      Gather(
        name: "one source backwards", batch: 2, sources: [37],
        origins: (0..<37).map { .init(source: 0, channel: 36 - $0) }, halo: ring),
      Gather(
        name: "three groups of one source", sources: [48],
        origins: (0..<48).map { .init(source: 0, channel: $0 % 3 * 16 + $0 / 3) }),
      Gather(
        name: "eight sources", sources: (0..<8).map { 5 + $0 },
        origins: (0..<40).map { .init(source: $0 % 8, channel: $0 / 8) }),
      Gather(
        name: "some channels twice", sources: [20, 7],
        origins: (0..<30).map { .init(source: $0 % 5 == 0 ? 1 : 0, channel: $0 % 7) }),
    ]

  @Test func `every channel is the one it comes from, on every variant, however cut`() throws {
    var random = SeededGenerator(seed: 11)
    let loaded = try AllVariants(Self.gathers.map(\.kernel.spec))
    for test in Self.gathers {
      let (inputs, output) = (test.inputs, test.output)
      let bytes = inputs.map { random.bytes($0.byteCount + $0.rowPitch) }
      let blank = [UInt8](repeating: 0xa5, count: output.byteCount)
      var expected = haloFilled(blank, output)
      for n in 0..<output.batch {
        for y in 0..<output.height {
          for x in 0..<output.width {
            for (c, origin) in test.origins.enumerated() {
              expected[output.offset(n, y, x, c)] =
                bytes[origin.source][inputs[origin.source].offset(n, y, x, origin.channel)]
            }
          }
        }
      }
      loaded.expect(test.kernel.call(), inputs: bytes, blank, gives: expected, test.name)
    }
  }

  struct Scaling: Sendable {
    var name: String
    var batch = 1
    var from: (height: Int, width: Int)
    var to: (height: Int, width: Int)
    var channels: Int
    var halo = ImageGeometry.Halo.none
    var multiplier: Float = 0.9

    var input: ImageGeometry {
      ImageGeometry(
        .u8, batch: batch, height: from.height, width: from.width, channels: channels,
        halo: .init(top: 1, bottom: 0, left: 2, right: 1))
    }
    var output: ImageGeometry {
      ImageGeometry(
        .u8, batch: batch, height: to.height, width: to.width, channels: channels, halo: halo,
        haloByte: 9)
    }

    /// Half-pixel positions of `extent` results over `source` elements.
    static func taps(_ source: Int, _ extent: Int) -> ResizeKernel.Taps {
      var (positions, factors): ([Int], [Float]) = ([], [])
      for position in 0..<extent {
        let x = (Double(position) + 0.5) * Double(source) / Double(extent) - 0.5
        let floor = x.rounded(.down)
        positions += [floor, floor + 1].map { min(max(Int($0), 0), source - 1) }
        factors.append(Float(x - floor))
      }
      return ResizeKernel.Taps(positions: positions, factors: factors)
    }

    var kernel: ResizeKernel {
      ResizeKernel(
        input: input, output: output, rows: Self.taps(from.height, to.height),
        pixels: Self.taps(from.width, to.width),
        scaling: .init(inputZeroPoint: 113, zeroPoint: 99, multiplier: multiplier))
    }
  }

  private static let resizes: [Scaling] =
    [1, 5, 8, 15, 16, 17, 33].map {
      Scaling(name: "c \($0)", from: (3, 4), to: (6, 8), channels: $0, halo: ring)
    } + [
      Scaling(name: "smaller", batch: 2, from: (7, 8), to: (3, 4), channels: 18),
      Scaling(name: "one axis", from: (4, 5), to: (4, 9), channels: 20),
      Scaling(name: "from one pixel", from: (1, 1), to: (3, 2), channels: 9),
      Scaling(name: "saturating", from: (3, 3), to: (5, 5), channels: 16, multiplier: 40),
    ]

  @Test func `resize interpolates along rows, then down, and rounds once`() throws {
    var random = SeededGenerator(seed: 12)
    let loaded = try AllVariants(Self.resizes.map(\.kernel.spec))
    for test in Self.resizes {
      let (input, output, kernel) = (test.input, test.output, test.kernel)
      let bytes = random.bytes(input.byteCount)
      let blank = [UInt8](repeating: 0xa5, count: output.byteCount)
      var expected = haloFilled(blank, output)
      func mixed(_ a: Float, _ b: Float, _ factor: Float) -> Float {
        a.addingProduct(factor, b - a)
      }
      for n in 0..<output.batch {
        for y in 0..<output.height {
          for x in 0..<output.width {
            for c in 0..<output.channels {
              let rows = (0..<2).map { row in
                let values = (0..<2).map { pixel in
                  let at = input.offset(
                    n, kernel.rows.positions[2 * y + row], kernel.pixels.positions[2 * x + pixel], c
                  )
                  return Float(Int32(bytes[at]) - 113)
                }
                return mixed(values[0], values[1], kernel.pixels.factors[x])
              }
              let t = mixed(rows[0], rows[1], kernel.rows.factors[y]) * test.multiplier
              let step = min(max(t, -99), 156).rounded(.toNearestOrEven)
              expected[output.offset(n, y, x, c)] = UInt8(Int(step) + 99)
            }
          }
        }
      }
      loaded.expect(kernel.call(), inputs: [bytes], blank, gives: expected, test.name)
    }
  }
}
