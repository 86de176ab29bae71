import KernelIR
import Tensors

extension MapWriter {
  /// One element after the other; sums and products wrap, and truth values are 0 and 1.
  func emitIntegerLoop(_ out: inout CSource) {
    let type = expression.element == .i64 ? "int64_t" : "int32_t"
    out.block("for (uint32_t i = 0; i < count; ++i)") { out in
      for (index, element) in expression.inputs.enumerated() {
        let own = element == .bool ? "uint8_t" : type
        let step = patterns[index] == .scalar ? "0" : "(intptr_t)i * in\(index)_step"
        out.line("\(own) v\(index);")
        out.line("__builtin_memcpy(&v\(index), in\(index) + \(step), sizeof v\(index));")
      }
      for (index, step) in expression.steps.enumerated() {
        let value = expression.inputs.count + index
        let own = expression.isPredicate(value) ? "uint8_t" : type
        out.line("const \(own) v\(value) = (\(own))(\(integerStep(step, type)));")
      }
      let result = "v\(expression.inputs.count + expression.steps.count - 1)"
      out.line("__builtin_memcpy(out + (intptr_t)i * out_step, &\(result), sizeof \(result));")
    }
  }

  private func integerStep(_ step: MapExpression.Step, _ type: String) -> String {
    let v = step.operands.map { "v\($0)" }
    let unsigned = "u\(type)"
    let c = "(\(type))qi_constant(g->constant\(step.firstConstant))"
    func wrapped(_ sign: String) -> String { "(\(unsigned))\(v[0]) \(sign) (\(unsigned))\(v[1])" }
    switch step.function {
    case .constant: return c
    case .relu: return "\(v[0]) < 0 ? 0 : \(v[0])"
    case .lowerBound: return "\(v[0]) < \(c) ? \(c) : \(v[0])"
    case .upperBound: return "\(v[0]) > \(c) ? \(c) : \(v[0])"
    case .neg: return "0 - (\(unsigned))\(v[0])"
    case .abs: return "\(v[0]) < 0 ? 0 - (\(unsigned))\(v[0]) : (\(unsigned))\(v[0])"
    case .sign: return "(\(v[0]) > 0) - (\(v[0]) < 0)"
    case .not: return "!\(v[0])"
    case .add: return wrapped("+")
    case .sub: return wrapped("-")
    case .mul: return wrapped("*")
    case .pow: return "qi_pow(\(v[0]), \(v[1]))"
    case .prelu: return "\(v[0]) < 0 ? (\(type))(\(wrapped("*"))) : \(v[0])"
    case .div: return "qi_div(\(v[0]), \(v[1]))"
    case .fmod: return "qi_rem(\(v[0]), \(v[1]))"
    case .mod: return "qi_mod(\(v[0]), \(v[1]))"
    case .min: return "\(v[0]) < \(v[1]) ? \(v[0]) : \(v[1])"
    case .max: return "\(v[0]) > \(v[1]) ? \(v[0]) : \(v[1])"
    case .equal: return "\(v[0]) == \(v[1])"
    case .less: return "\(v[0]) < \(v[1])"
    case .greater: return "\(v[0]) > \(v[1])"
    case .lessOrEqual: return "\(v[0]) <= \(v[1])"
    case .greaterOrEqual: return "\(v[0]) >= \(v[1])"
    case .and: return "\(v[0]) & \(v[1])"
    case .or: return "\(v[0]) | \(v[1])"
    case .xor: return "\(v[0]) ^ \(v[1])"
    case .select: return "\(v[0]) ? \(v[1]) : \(v[2])"
    case .leakyRelu, .elu, .hardSigmoid, .reciprocal, .cos, .sin, .sigmoid, .tanh, .exp, .log,
      .sqrt, .erf, .floor, .ceil, .round, .gelu, .geluTanh, .silu, .hardSwish, .softplus, .fma:
      preconditionFailure("\(step.function) of integers")
    }
  }
}
