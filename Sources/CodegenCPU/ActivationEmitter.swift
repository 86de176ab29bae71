import KernelIR
import QuantMath

/// The C of the functions that an epilogue computes on real values. `e` has their constants.
enum ActivationEmitter {
  /// The function of the variable `x`, which is finite and of `type`: the name that the functions of
  /// such vectors begin with.
  static func expression(_ function: MapFunction, of x: String, type: String = "vf") -> String {
    func call(_ name: String, _ operands: String...) -> String {
      "\(type)_\(name)(\(operands.joined(separator: ", ")))"
    }
    let (zero, one) = (call("set1", "0.0f"), call("set1", "1.0f"))
    switch function {
    case .leakyRelu:
      return call("select", call("lt", x, zero), call("mul", "e->alpha", x), x)
    case .hardSigmoid:
      // A bound stands first, so that a zero keeps its sign as in compare and select.
      return call("min", one, call("max", zero, call("fma", "e->alpha", x, "e->beta")))
    case .hardSwish:
      let sixth = call("set1", (Float(1) / 6).cLiteral)
      let factor = call("fma", sixth, x, call("set1", "0.5f"))
      return call("mul", x, call("min", one, call("max", zero, factor)))
    default:
      preconditionFailure("no vector code for \(function.rawValue)")
    }
  }
}
