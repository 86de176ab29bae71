import Foundation
import GraphIR

/// f64 tensors, which models keep for host-side arithmetic: fp64 with the C library's functions.
extension UnaryFunction {
  func wideValue(at x: Double) -> Double {
    switch self {
    case .relu: x < 0 ? 0 : x
    case .leakyRelu(let alpha): x < 0 ? Double(alpha) * x : x
    case .clip(let lower, let upper):
      { (y: Double) in upper.map { y > Double($0) ? Double($0) : y } ?? y }(
        lower.map { x < Double($0) ? Double($0) : x } ?? x)
    case .sigmoid: 1 / (1 + Foundation.exp(-x))
    case .tanh: Foundation.tanh(x)
    case .exp: Foundation.exp(x)
    case .log: Foundation.log(x)
    case .sqrt: x.squareRoot()
    case .reciprocal: 1 / x
    case .neg: -x
    case .abs: x.magnitude
    case .erf: Foundation.erf(x)
    case .floor: x.rounded(.down)
    case .ceil: x.rounded(.up)
    case .round: x.rounded(.toNearestOrEven)
    case .sign: x > 0 ? 1 : (x < 0 ? -1 : x)
    case .sin: Foundation.sin(x)
    case .cos: Foundation.cos(x)
    case .not: x
    case .gelu(let tanh):
      tanh
        ? 0.5 * x * (1 + Foundation.tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
        : 0.5 * x * (1 + Foundation.erf(x * 0.5.squareRoot()))
    case .silu: x / (1 + Foundation.exp(-x))
    case .hardSwish: x * min(max(x / 6 + 0.5, 0), 1)
    case .hardSigmoid(let alpha, let beta): min(max(Double(alpha) * x + Double(beta), 0), 1)
    case .elu(let alpha): x < 0 ? Double(alpha) * Foundation.expm1(x) : x
    case .softplus: max(x, 0) + Foundation.log1p(Foundation.exp(-x.magnitude))
    }
  }
}

extension BinaryFunction {
  func wideValue(_ a: Double, _ b: Double) -> Double {
    switch self {
    case .add: a + b
    case .sub: a - b
    case .mul: a * b
    case .div: a / b
    case .pow: Foundation.pow(a, b)
    case .min: a < b ? a : b
    case .max: a > b ? a : b
    case .prelu: a < 0 ? a * b : a
    case .fmod: a.truncatingRemainder(dividingBy: b)
    case .mod:
      { $0 != 0 && ($0 < 0) != (b < 0) ? $0 + b : $0 }(a.truncatingRemainder(dividingBy: b))
    case .equal, .less, .greater, .lessOrEqual, .greaterOrEqual, .and, .or, .xor:
      holds(a, b) ? 1 : 0
    }
  }
}
