import QuantMath
import TestSupport
import Testing

/// Roundings that look right and are not: each must differ from the reference on the vectors that
/// the suite compares with, or the suite could not tell them apart.
@Suite("rounding variants")
struct RoundingVariantsTests {
  struct Vector: Sendable {
    var acc: Int32
    var multiplier: Float
    var residual: Residual
    var zeroPoint: Int32
  }

  struct Variant: Sendable, CustomTestStringConvertible {
    let name: String
    let value: @Sendable (Vector) -> Int32
    var testDescription: String { name }
  }

  /// Ties, near-ties and random sums; halves of both signs with odd and even zero points.
  static let vectors: [Vector] = {
    var random = SeededGenerator(seed: 1)
    var result: [Vector] = []
    for acc: Int32 in -41...41 {
      for zeroPoint: Int32 in [127, 128] {
        let residual = Residual(value: 0, zeroPoint: 0, multiplier: 0)
        result.append(
          Vector(acc: acc, multiplier: 0.5, residual: residual, zeroPoint: zeroPoint))
      }
    }
    for _ in 0..<10_000 {
      let residual = Residual(
        value: Int32.random(in: 0...255, using: &random), zeroPoint: 100,
        multiplier: random.logarithmic(-3 ... -2).magnitude)
      let multiplier = random.logarithmic(-24 ... -23).magnitude
      // A sum that comes to within a few roundings of a half.
      let half = Double(Int32.random(in: -30...30, using: &random)) + 0.5
      let rest = half - Double(residual.value - residual.zeroPoint) * Double(residual.multiplier)
      let acc = Int32(rest / Double(multiplier)) + Int32.random(in: -200...200, using: &random)
      result.append(
        Vector(
          acc: acc, multiplier: multiplier, residual: residual,
          zeroPoint: Int32.random(in: 100...150, using: &random)))
    }
    return result
  }()

  private static func store(_ t: Double, _ zeroPoint: Int32) -> Int32 {
    Int32(min(max(t, Double(-zeroPoint)), Double(255 - zeroPoint))) + zeroPoint
  }

  private static func sum(_ v: Vector) -> Float {
    ReferenceMath.fma(
      Float(v.residual.value - v.residual.zeroPoint), v.residual.multiplier,
      Float(v.acc) * v.multiplier)
  }

  static let variants: [Variant] = [
    Variant(name: "truncation") { v in
      store(Double(sum(v).rounded(.towardZero)), v.zeroPoint)
    },
    Variant(name: "halves away from zero") { v in
      store(Double(sum(v).rounded(.toNearestOrAwayFromZero)), v.zeroPoint)
    },
    Variant(name: "halves up") { v in store(Double((sum(v) + 0.5).rounded(.down)), v.zeroPoint) },
    Variant(name: "zero point added before rounding") { v in
      let t = (sum(v) + Float(v.zeroPoint)).rounded(.toNearestOrEven)
      return Int32(min(max(t, 0), 255))
    },
    Variant(name: "residual without fma") { v in
      let residual = Float(v.residual.value - v.residual.zeroPoint) * v.residual.multiplier
      let t = Float(v.acc) * v.multiplier + residual
      return store(Double(t.rounded(.toNearestOrEven)), v.zeroPoint)
    },
    Variant(name: "product contracted into the residual") { v in
      let residual = Float(v.residual.value - v.residual.zeroPoint) * v.residual.multiplier
      let t = ReferenceMath.fma(Float(v.acc), v.multiplier, residual)
      return store(Double(t.rounded(.toNearestOrEven)), v.zeroPoint)
    },
    Variant(name: "residual rounded by itself") { v in
      let residual = Float(v.residual.value - v.residual.zeroPoint) * v.residual.multiplier
      let t =
        (Float(v.acc) * v.multiplier).rounded(.toNearestOrEven)
        + residual.rounded(.toNearestOrEven)
      return store(Double(t), v.zeroPoint)
    },
    Variant(name: "fp64 instead of f32") { v in
      let t =
        Double(v.acc) * Double(v.multiplier)
        + Double(v.residual.value - v.residual.zeroPoint) * Double(v.residual.multiplier)
      return store(t.rounded(.toNearestOrEven), v.zeroPoint)
    },
    Variant(name: "fixed point, halves up") { v in
      let shift = 50
      let m = Int64(Double(v.multiplier) * 0x1p+50)
      let r = Double(v.residual.value - v.residual.zeroPoint) * Double(v.residual.multiplier)
      let scaled = Int64(r * 0x1p+50)
      let rounded = (Int64(v.acc) &* m &+ scaled &+ (1 << (shift - 1))) >> shift
      return store(Double(rounded), v.zeroPoint)
    },
  ]

  @Test func `the reference is within a half of the exact value on them`() {
    for v in Self.vectors {
      let exact =
        Double(v.acc) * Double(v.multiplier)
        + Double(v.residual.value - v.residual.zeroPoint) * Double(v.residual.multiplier)
      let clamped = min(max(exact, Double(-v.zeroPoint)), Double(255 - v.zeroPoint))
      #expect(abs(Double(reference(v) - v.zeroPoint) - clamped) <= 0.5001)
    }
  }

  @Test(arguments: variants) func `the vectors tell a wrong rounding apart`(_ variant: Variant) {
    let differing = Self.vectors.count { variant.value($0) != reference($0) }
    #expect(differing > 0, "\(variant.name) passes for the reference")
  }

  private func reference(_ v: Vector) -> Int32 {
    requantize(
      v.acc, multiplier: v.multiplier, residual: v.residual, zeroPoint: v.zeroPoint,
      bounds: 0...255)
  }
}
