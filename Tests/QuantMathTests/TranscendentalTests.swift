import Foundation
import QuantMath
import Testing

/// Every function against the C library's double-precision one, with its stated bound.
@Suite("transcendental functions")
struct TranscendentalTests {
  /// Evenly spaced arguments, both ends included.
  private func grid(_ range: ClosedRange<Float>, _ count: Int = 40_001) -> [Float] {
    (0..<count).map { index in
      let part = Double(index) / Double(count - 1)
      return Float(
        Double(range.lowerBound) + part * (Double(range.upperBound) - Double(range.lowerBound)))
    }
  }

  private func unitsInLastPlace(_ value: Float, _ exact: Double) -> Double {
    abs(Double(value) - exact) / Double(Float(exact).ulp)
  }

  @Test func `exp is within 1.5 units in the last place`() {
    for x in grid(-87.3365...88.7228) + grid(-1...1) {
      let error = unitsInLastPlace(ReferenceMath.exp(x), Foundation.exp(Double(x)))
      #expect(error <= 1.5, "exp(\(x))")
    }
  }

  @Test func `exp meets its ends`() {
    typealias C = PolynomialCoefficients.Exp
    #expect(ReferenceMath.exp(0) == 1)
    #expect(ReferenceMath.exp(-.infinity).bitPattern == 0)
    #expect(ReferenceMath.exp(C.lowerBound.nextDown).bitPattern == 0)
    #expect(ReferenceMath.exp(C.lowerBound) >= .leastNormalMagnitude)
    #expect(ReferenceMath.exp(C.upperBound).isFinite)
    #expect(ReferenceMath.exp(.infinity) == ReferenceMath.exp(C.upperBound))
    #expect(ReferenceMath.exp(.nan).isNaN)
  }

  @Test func `log is within 2 units in the last place`() {
    let arguments =
      grid(0.4...2.5) + grid(1e-30...1e30)
      + grid(-45...38).map { Float(Foundation.pow(10, Double($0))) }
    for x in arguments where x > 0 {
      let exact = Foundation.log(Double(x))
      let error = abs(Double(ReferenceMath.log(x)) - exact)
      #expect(error <= 2 * Double(Float(exact).ulp) + 1e-45, "log(\(x))")
    }
    #expect(ReferenceMath.log(0) == -.infinity)
    #expect(ReferenceMath.log(-0.0) == -.infinity)
    #expect(ReferenceMath.log(-1).isNaN)
    #expect(ReferenceMath.log(.infinity) == .infinity)
    #expect(ReferenceMath.log(.nan).isNaN)
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let value: @Sendable (Float) -> Float
    let exact: @Sendable (Double) -> Double
    let range: ClosedRange<Float>
    let bound: Double
    var testDescription: String { name }
  }

  static let cases: [Case] = [
    Case(
      name: "tanh", value: { ReferenceMath.tanh($0) }, exact: { Foundation.tanh($0) },
      range: -12...12, bound: 4e-7),
    Case(
      name: "erf", value: { ReferenceMath.erf($0) }, exact: { Foundation.erf($0) },
      range: -6...6, bound: 4e-7),
    Case(
      name: "sigmoid", value: { ReferenceMath.sigmoid($0) },
      exact: { 1 / (1 + Foundation.exp(-$0)) }, range: -100...100, bound: 1.5e-7),
    Case(
      name: "silu", value: { ReferenceMath.silu($0) },
      exact: { $0 / (1 + Foundation.exp(-$0)) }, range: -20...20, bound: 2e-6),
    Case(
      name: "softplus", value: { ReferenceMath.softplus($0) },
      exact: { Foundation.log1p(Foundation.exp(-abs($0))) + max($0, 0) }, range: -30...30,
      bound: 2e-6),
    Case(
      name: "gelu", value: { ReferenceMath.gelu($0) },
      exact: { 0.5 * $0 * (1 + Foundation.erf($0 * 0.5.squareRoot())) }, range: -10...10,
      bound: 1.5e-6),
    Case(
      name: "gelu, tanh form", value: { ReferenceMath.geluTanh($0) },
      exact: {
        let inner = (2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0)
        return 0.5 * $0 * (1 + Foundation.tanh(inner))
      }, range: -10...10, bound: 1.5e-6),
    Case(
      name: "elu", value: { ReferenceMath.elu($0, alpha: 1) },
      exact: { $0 < 0 ? Foundation.expm1($0) : $0 }, range: -20...20, bound: 2e-7),
    Case(
      name: "sin", value: { ReferenceMath.sin($0) }, exact: { Foundation.sin($0) },
      range: -131072...131072, bound: 2e-7),
    Case(
      name: "cos", value: { ReferenceMath.cos($0) }, exact: { Foundation.cos($0) },
      range: -131072...131072, bound: 2e-7),
    Case(
      name: "sin near 0", value: { ReferenceMath.sin($0) }, exact: { Foundation.sin($0) },
      range: -8...8, bound: 1e-7),
    Case(
      name: "cos near 0", value: { ReferenceMath.cos($0) }, exact: { Foundation.cos($0) },
      range: -8...8, bound: 1e-7),
  ]

  @Test(arguments: cases) func `stays within its absolute bound`(_ function: Case) {
    var worst = 0.0
    for x in grid(function.range) {
      worst = max(worst, abs(Double(function.value(x)) - function.exact(Double(x))))
    }
    #expect(worst <= function.bound)
    #expect(function.value(.nan).isNaN)
  }

  @Test func `tanh and erf never leave -1...1 and are odd`() {
    for x in grid(0...20) {
      for y in [ReferenceMath.tanh(x), ReferenceMath.erf(x)] { #expect(y >= 0 && y <= 1) }
      #expect(ReferenceMath.tanh(-x) == -ReferenceMath.tanh(x))
      #expect(ReferenceMath.erf(-x) == -ReferenceMath.erf(x))
    }
    #expect(ReferenceMath.tanh(.infinity) > 0.999999)
  }

  @Test func `pow keeps small integers as products and is within 2e-5 elsewhere`() {
    #expect(ReferenceMath.pow(1.1, 2) == Float(1.1) * Float(1.1))
    #expect(ReferenceMath.pow(-1.5, 3) == -3.375)
    #expect(ReferenceMath.pow(2, -3) == 0.125)
    #expect(ReferenceMath.pow(.nan, 0) == 1)
    #expect(ReferenceMath.pow(2, 0.5) == Float(2).squareRoot())
    #expect(ReferenceMath.pow(-2, 0.3).isNaN)
    #expect(ReferenceMath.pow(-1.01, 101) < 0)
    #expect(ReferenceMath.pow(10, 100) == .infinity)
    for x in grid(0.01...50, 300) {
      for y in grid(-15...15, 77) {
        let exact = Foundation.pow(Double(x), Double(y))
        guard exact < 1e38, exact > 1e-37 else { continue }
        #expect(abs(Double(ReferenceMath.pow(x, y)) - exact) <= 2e-5 * exact, "pow(\(x), \(y))")
      }
    }
  }

  @Test func `a C literal reads back as the same number`() {
    let numbers: [Float] = [
      1, -1, 0, -0.0, 0.1, -87.33654, .leastNonzeroMagnitude, .leastNormalMagnitude,
      .greatestFiniteMagnitude, .pi, 0x1.8p+23,
    ]
    for number in numbers {
      let literal = number.cLiteral
      #expect(literal.hasSuffix("f"))
      #expect(Float(literal.dropLast())?.bitPattern == number.bitPattern, "\(literal)")
    }
  }
}
