import GraphIR
import Interpreter
import QuantMath
import Tensors
import TestSupport
import Testing

/// The epilogue of the interpreter on sums that lie within a few roundings of a half, where any
/// other order of operations gives another integer.
@Suite("epilogue at ties")
struct RoundingVectorsTests {
  /// Sums come in through the bias, multipliers through the weight scales.
  struct Vectors {
    var acc: [Int32] = []
    var multipliers: [Float] = []
    var residual: [UInt8] = []
    let residualScale: Float
    let zeroPoint: Int32

    init(seed: UInt64) {
      var random = SeededGenerator(seed: seed)
      residualScale = random.logarithmic(-3 ... -2).magnitude
      zeroPoint = Int32.random(in: 100...150, using: &random)
      for _ in 0..<2000 {
        let multiplier = random.logarithmic(-24 ... -23).magnitude
        let r = UInt8.random(in: 0...255, using: &random)
        let half = Double(Int32.random(in: -30...30, using: &random)) + 0.5
        let rest = half - Double(Int32(r) - 100) * Double(residualScale)
        acc.append(
          Int32(rest / Double(multiplier)) + Int32.random(in: -100...100, using: &random))
        multipliers.append(multiplier)
        residual.append(r)
      }
      // Exact halves, both neighbours even and odd.
      for value: Int32 in -80...80 {
        acc.append(value)
        multipliers.append(0.5)
        residual.append(100)
      }
    }

    func interpreted() throws -> [Int32] {
      let n = acc.count
      let one = try QuantParams(scale: 1, zeroPoint: 0)
      let conv = try Convolution(strides: [1], pads: [0, 0], dilations: [1], groups: 1)
      let epilogue = Epilogue(
        hasResidual: true, clamp: .none,
        result: .quantized(.u8, try QuantParams(scale: 1, zeroPoint: zeroPoint)))
      let weights = try QuantParams(
        .perChannel(axis: 0), scales: multipliers, zeroPoints: [Int32](repeating: 0, count: n))
      return try evaluate(
        .quantizedConv(QuantizedConvolution(geometry: conv, epilogue: epilogue)),
        [
          .u8([0], [1, 1, 1], one), .i8([Int8](repeating: 0, count: n), [n, 1, 1], weights),
          .i32(acc, [n]),
          .u8(residual, [1, n, 1], QuantParams(scale: residualScale, zeroPoint: 100)),
        ]
      ).elements(UInt8.self).map { Int32($0) }
    }

    /// What the definition gives.
    var reference: [Int32] {
      acc.indices.map { index in
        requantize(
          acc[index], multiplier: multipliers[index],
          residual: Residual(
            value: Int32(residual[index]), zeroPoint: 100, multiplier: residualScale),
          zeroPoint: zeroPoint, bounds: 0...255)
      }
    }

    /// The results of another arithmetic on the same vectors.
    func results(_ rounding: (_ acc: Float, _ m: Float, _ r: Float, _ mr: Float) -> Int32)
      -> [Int32]
    {
      acc.indices.map { index in
        let t = rounding(
          Float(acc[index]), multipliers[index], Float(Int32(residual[index]) - 100),
          residualScale)
        return min(max(t + zeroPoint, 0), 255)
      }
    }
  }

  @Test(arguments: 0..<4 as Range<UInt64>)
  func `equals QuantMath, and no other rounding`(seed: UInt64) throws {
    let vectors = Vectors(seed: seed)
    let interpreted = try vectors.interpreted()
    func fma(_ a: Float, _ b: Float, _ c: Float) -> Float { c.addingProduct(a, b) }
    func even(_ t: Float) -> Int32 { Int32(t.rounded(.toNearestOrEven)) }
    #expect(interpreted == vectors.reference)
    #expect(interpreted == vectors.results { a, m, r, mr in even(fma(r, mr, a * m)) })

    let zero = Float(vectors.zeroPoint)
    let wrong: [(name: String, results: [Int32])] = [
      ("truncation", vectors.results { a, m, r, mr in Int32(fma(r, mr, a * m)) }),
      (
        "halves away from zero",
        vectors.results { a, m, r, mr in
          Int32(fma(r, mr, a * m).rounded(.toNearestOrAwayFromZero))
        }
      ),
      (
        "zero point added before rounding",
        vectors.results { a, m, r, mr in even(fma(r, mr, a * m) + zero) - vectors.zeroPoint }
      ),
      ("no fma", vectors.results { a, m, r, mr in even(a * m + r * mr) }),
      ("the other product in the fma", vectors.results { a, m, r, mr in even(fma(a, m, r * mr)) }),
      (
        "residual rounded by itself",
        vectors.results { a, m, r, mr in even(a * m) + even(r * mr) }
      ),
      (
        "fp64",
        vectors.results { a, m, r, mr in
          let t = Double(a) * Double(m) + Double(r) * Double(mr)
          return Int32(t.rounded(.toNearestOrEven))
        }
      ),
    ]
    for variant in wrong {
      #expect(variant.results != interpreted, "\(variant.name) passes for the interpreter")
    }
  }

  /// Scales, and halves of their steps with both neighbours.
  static let quotients: [(scale: Float, x: [Float])] = {
    var random = SeededGenerator(seed: 17)
    return (0..<16).map { _ in
      let scale = random.logarithmic(-10...3).magnitude
      let halves = (-60...60).map { (Float($0) + 0.5) * scale }
      return (scale, halves + halves.map(\.nextUp) + halves.map(\.nextDown))
    }
  }()

  @Test func `quantize takes the IEEE quotient, and no product with a reciprocal`() throws {
    func even(_ t: Float) -> Int32 { Int32(t.rounded(.toNearestOrEven)) }
    var differing = [0, 0, 0, 0]
    for (scale, x) in Self.quotients {
      let params = try QuantParams(scale: scale, zeroPoint: 101)
      let stored = try evaluate(.quantize(Quantize(.u8, params)), [.f32(x, [x.count])])
        .elements(UInt8.self).map { Int32($0) }
      #expect(stored == x.map { even($0 / scale) + 101 }, "scale \(scale)")
      let inverse = 1 / scale
      let variants: [[Int32]] = [
        x.map { even($0 * inverse) + 101 }, x.map { even($0 / scale + 101) },
        x.map { Int32(($0 / scale).rounded(.toNearestOrAwayFromZero)) + 101 },
        x.map { Int32((Double($0) / Double(scale)).rounded(.toNearestOrEven)) + 101 },
      ]
      for (index, variant) in variants.enumerated() where variant != stored {
        differing[index] += 1
      }
    }
    // The reciprocal, the zero point before rounding, halves away from zero, fp64.
    #expect(differing.allSatisfy { $0 > 8 }, "\(differing)")
  }

  @Test func `an average of ties tells the roundings apart`() throws {
    // Sums 0...510 of two elements: every odd one is a tie.
    let input = try QuantParams(scale: 1, zeroPoint: 0)
    let pooling = try Pooling(
      .average, kernel: [2], strides: [2], pads: [0, 0], dilations: [1])
    let pairs: [UInt8] = (0...254).flatMap { [UInt8($0), UInt8($0 + 1)] }
    for zeroPoint: Int32 in [0, 1] {
      let output = try QuantParams(scale: 1, zeroPoint: zeroPoint)
      let y = try evaluate(
        .quantizedPool(QuantizedPool(pooling, result: .quantized(.u8, output))),
        [try .u8(pairs, [1, 1, pairs.count], input)]
      ).elements(UInt8.self)
      for (low, q) in y.enumerated() {
        let even = low % 2 == 0 ? low : low + 1
        #expect(Int32(q) == min(Int32(even) + zeroPoint, 255))
      }
    }
  }
}
