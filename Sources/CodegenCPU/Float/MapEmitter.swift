import KernelIR
import Targets
import Tensors

extension KernelEmitter {
  /// Emits `map`: the expression over rows of up to 2048 elements.
  static let map = KernelEmitter(.map, MapKernel.layout) { spec, _, out in
    let writer = MapWriter(spec)
    writer.emitRow(into: &out)
    out.kernel(spec.symbol, MapKernel.layout) { out in
      for index in writer.expression.inputs.indices {
        out.line("char *in\(index) = buffers[\(index)];")
      }
      out.line("char *out = buffers[\(writer.expression.inputs.count)];")
      StridedWalk(layout: MapKernel.layout, operands: writer.names).emit(into: &out) { out in
        let arguments = writer.names.map { "\($0)_p, \($0)_step" }.joined(separator: ", ")
        out.line("\(spec.symbol)_row(g, \(arguments), count);")
      }
    }
  }
}

/// Writes the C of one ``MapExpression``.
struct MapWriter {
  let spec: KernelSpec
  let expression: MapExpression
  let patterns: [MapKernel.Pattern]

  init(_ spec: KernelSpec) {
    self.spec = spec
    expression = MapExpression(spec)
    let packed = spec["inner"]
    patterns = spec.operands.indices.map {
      MapKernel.Pattern(rawValue: packed >> (2 * $0) & 3) ?? .strided
    }
  }

  var names: [String] { expression.inputs.indices.map { "in\($0)" } + ["out"] }

  /// The function `<symbol>_row` over `count` elements.
  func emitRow(into out: inout CSource) {
    let parameters = names.map { "char *\($0), intptr_t \($0)_step" }.joined(separator: ", ")
    out.block(
      """
      static void \(spec.symbol)_row(const \(MapKernel.layout.structName) *g, \(parameters),
          uint32_t count)
      """
    ) { out in
      out.line(names.map { "(void)\($0)_step;" }.joined(separator: " ") + " (void)g;")
      expression.element == .f32 ? emitFloatLoop(&out) : emitIntegerLoop(&out)
    }
    out.blank()
  }

  private func emitFloatLoop(_ out: inout CSource) {
    for (index, type) in expression.inputs.enumerated() where patterns[index] == .scalar {
      out.line(
        type == .bool
          ? "const qi v\(index) = qf_load_bool(in\(index), 0, 16);"
          : "const qf v\(index) = qf_load_strided(in\(index), 0, 16);")
    }
    out.line("uint32_t i = 0;")
    out.block("for (; i + 16 <= count; i += 16)") { emitFloatBody(lanes: "16", &$0) }
    out.block("if (i < count)") { emitFloatBody(lanes: "count - i", &$0) }
  }

  private func emitFloatBody(lanes: String, _ out: inout CSource) {
    for (index, type) in expression.inputs.enumerated() where patterns[index] != .scalar {
      let isDense = patterns[index] == .contiguous
      if type == .bool {
        let step = isDense ? "1" : "in\(index)_step"
        out.line(
          """
          const qi v\(index) =
              qf_load_bool(in\(index) + (intptr_t)i * \(step), \(step), \(lanes));
          """
        )
      } else if isDense {
        out.line("const qf v\(index) = qf_load_n(in\(index) + (size_t)i * 4, \(lanes), 0);")
      } else {
        out.line(
          """
          const qf v\(index) =
              qf_load_strided(in\(index) + (intptr_t)i * in\(index)_step, in\(index)_step,
                              \(lanes));
          """)
      }
    }
    for (index, step) in expression.steps.enumerated() {
      let value = expression.inputs.count + index
      let type = expression.isPredicate(value) ? "qi" : "qf"
      out.line("const \(type) v\(value) = \(floatStep(step));")
    }
    let result = "v\(expression.inputs.count + expression.steps.count - 1)"
    let isDense = patterns.last == .contiguous
    if expression.result == .bool {
      let step = isDense ? "1" : "out_step"
      out.line("qf_store_bool(out + (intptr_t)i * \(step), \(result), \(step), \(lanes));")
    } else if isDense {
      out.line("qf_store_n(out + (size_t)i * 4, \(result), \(lanes));")
    } else {
      out.line("qf_store_strided(out + (intptr_t)i * out_step, \(result), out_step, \(lanes));")
    }
  }

  /// The C expression of one step in f32 lanes.
  private func floatStep(_ step: MapExpression.Step) -> String {
    let v = step.operands.map { "v\($0)" }
    let c = (0..<2).map { "g->constant\(step.firstConstant + $0)" }
    switch step.function {
    case .constant: return "qf_set(\(c[0]))"
    case .relu: return "qf_raise(\(v[0]), qf_set(0))"
    case .lowerBound: return "qf_raise(\(v[0]), qf_set(\(c[0])))"
    case .upperBound: return "qf_lower(\(v[0]), qf_set(\(c[0])))"
    case .leakyRelu: return "qf_select(\(v[0]) < 0, \(c[0]) * \(v[0]), \(v[0]))"
    case .elu: return "qf_elu(\(v[0]), \(c[0]))"
    case .hardSigmoid: return "qf_hardsigmoid(\(v[0]), \(c[0]), \(c[1]))"
    case .reciprocal: return "1 / \(v[0])"
    case .neg: return "-\(v[0])"
    case .cos: return "qf_circular(\(v[0]), 1)"
    case .sin: return "qf_circular(\(v[0]), 0)"
    case .not: return "~\(v[0])"
    case .sigmoid, .tanh, .exp, .log, .sqrt, .abs, .erf, .floor, .ceil, .round, .sign, .gelu,
      .geluTanh, .silu, .hardSwish, .softplus:
      return "qf_\(step.function.rawValue)(\(v[0]))"
    case .add: return "\(v[0]) + \(v[1])"
    case .sub: return "\(v[0]) - \(v[1])"
    case .mul: return "\(v[0]) * \(v[1])"
    case .div: return "\(v[0]) / \(v[1])"
    case .pow: return "qf_pow(\(v[0]), \(v[1]))"
    case .min: return "qf_select(\(v[0]) < \(v[1]), \(v[0]), \(v[1]))"
    case .max: return "qf_select(\(v[0]) > \(v[1]), \(v[0]), \(v[1]))"
    case .mod: return "qf_mod(\(v[0]), \(v[1]))"
    case .fmod: return "qf_fmod(\(v[0]), \(v[1]))"
    case .prelu: return "qf_select(\(v[0]) < 0, \(v[0]) * \(v[1]), \(v[0]))"
    case .equal:
      return expression.isPredicate(step.operands[0])
        ? "~(\(v[0]) ^ \(v[1]))" : "\(v[0]) == \(v[1])"
    case .less: return "\(v[0]) < \(v[1])"
    case .greater: return "\(v[0]) > \(v[1])"
    case .lessOrEqual: return "\(v[0]) <= \(v[1])"
    case .greaterOrEqual: return "\(v[0]) >= \(v[1])"
    case .and: return "\(v[0]) & \(v[1])"
    case .or: return "\(v[0]) | \(v[1])"
    case .xor: return "\(v[0]) ^ \(v[1])"
    case .select:
      return expression.isPredicate(step.operands[1])
        ? "(\(v[0]) & \(v[1])) | (~\(v[0]) & \(v[2]))" : "qf_select(\(v[0]), \(v[1]), \(v[2]))"
    case .fma: return "qf_fma(\(v[0]), \(v[1]), \(v[2]))"
    }
  }
}
