import Diagnostics
import QuantMath
import Tensors
import TestSupport
import Testing

@Suite("scales, zero points and multipliers")
struct ParametersTests {
  private static let u8: ClosedRange<Int32> = 0...255

  @Test(arguments: 0..<128 as Range<UInt64>)
  func `a range is covered to half a step and 0 is exact`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let ends = [random.logarithmic(-60...60), random.logarithmic(-60...60)].sorted()
    for bounds in [Self.u8, -128...127, 0...15] as [ClosedRange<Int32>] {
      let params = try QuantParams.covering((ends[0], ends[1]), bounds: bounds)
      #expect(bounds.contains(params.zeroPoint))
      #expect(dequantize(params.zeroPoint, scale: params.scale, zeroPoint: params.zeroPoint) == 0)
      for end in ends + [0] {
        let q = quantize(end, scale: params.scale, zeroPoint: params.zeroPoint, bounds: bounds)
        let back = dequantize(q, scale: params.scale, zeroPoint: params.zeroPoint)
        #expect(abs(Double(back) - Double(end)) <= Double(params.scale) * 0.501)
      }
      let symmetric = try QuantParams.covering(
        (ends[0], ends[1]), bounds: bounds, isSymmetric: true)
      #expect(symmetric.zeroPoint == 0)
      let reach = Double(symmetric.scale) * Double(bounds.upperBound)
      #expect(reach >= Double(max(ends[1], -ends[0])) * (1 - 1e-6))
    }
  }

  @Test func `degenerate ranges have parameters`() throws {
    let zero = try QuantParams.covering((0, 0), bounds: Self.u8)
    #expect(zero == (try QuantParams(scale: 1, zeroPoint: 0)))
    let signed = try QuantParams.covering((0, 0), bounds: -128...127)
    #expect(signed == (try QuantParams(scale: 1, zeroPoint: -128)))
    let symmetric = try QuantParams.covering((0, 0), bounds: -127...127, isSymmetric: true)
    #expect(symmetric == (try QuantParams(scale: 1, zeroPoint: 0)))
    let positive = try QuantParams.covering((3, 5), bounds: Self.u8)
    #expect(positive.zeroPoint == 0)
    #expect(positive.scale == Float(5.0 / 255))
    let tiny = try QuantParams.covering((0, .leastNonzeroMagnitude), bounds: Self.u8)
    #expect(tiny.scale == 0x1p-100)
  }

  @Test(arguments: [
    (Float.nan, Float(1)), (Float(0), Float.infinity), (-Float.infinity, Float(0)),
    (Float(0), Float.greatestFiniteMagnitude),
  ]) func `a range that is not finite or too large is refused`(_ range: (Float, Float)) {
    #expect {
      try QuantParams.covering(range, bounds: Self.u8)
    } throws: { error in
      (error as? Diagnostic)?.code == .invalidQuantization
    }
  }

  @Test func `multipliers are rounded once from fp64 and stay in their range`() throws {
    let (a, b, c): (Float, Float, Float) = (0.1, 0.3, 0.7)
    #expect(
      try Multiplier.product(lhsScale: a, rhsScale: b, outputScale: c)
        == Float(Double(a) * Double(b) / Double(c)))
    #expect(try Multiplier.product(lhsScale: 0x1p-33, rhsScale: 1, outputScale: 1) == 0)
    #expect(try Multiplier.product(lhsScale: 0x1p-32, rhsScale: 1, outputScale: 1) == 0x1p-32)
    #expect(try Multiplier.rescale(inputScale: 0.5, outputScale: 2) == 0.25)
    #expect(
      try Multiplier.average(inputScale: 1, outputScale: 2, count: 49)
        == Float(1 / Double(98)))
    #expect(try Multiplier.floatResult(lhsScale: 0x1p-60, rhsScale: 0x1p-60) == 0x1p-120)
    #expect(try Multiplier.floatResult(lhsScale: 0x1p-100, rhsScale: 0x1p-100) == 0)
    for scale: Float in [0x1p+96, 0x1p+100] {
      #expect(throws: Diagnostic.self) {
        try Multiplier.rescale(inputScale: scale, outputScale: 1)
      }
    }
  }
}
