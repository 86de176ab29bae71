import KernelIR
import QuantMath

/// The C of the functions that an epilogue computes on real values. `e` has their constants.
enum ActivationEmitter {
  /// The function of the `vf` variable `x`, which is finite.
  static func expression(_ function: MapFunction, of x: String) -> String {
    let (zero, one) = ("vf_set1(0.0f)", "vf_set1(1.0f)")
    switch function {
    case .leakyRelu:
      return "vf_select(vf_lt(\(x), \(zero)), vf_mul(e->alpha, \(x)), \(x))"
    case .hardSigmoid:
      // A bound stands first, so that a zero keeps its sign as in compare and select.
      return "vf_min(\(one), vf_max(\(zero), vf_fma(e->alpha, \(x), e->beta)))"
    case .hardSwish:
      let factor = "vf_fma(vf_set1(\((Float(1) / 6).cLiteral)), \(x), vf_set1(0.5f))"
      return "vf_mul(\(x), vf_min(\(one), vf_max(\(zero), \(factor))))"
    default:
      preconditionFailure("no vector code for \(function.rawValue)")
    }
  }
}
