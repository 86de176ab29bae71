import KernelIR

/// The C of a ``FloatEpilogue``: bias, residual and clamp of one vector of columns.
///
/// The bias is -0 and the bounds are infinite where the op has none, so that they need no code of
/// their own.
struct FloatEpilogueEmitter {
  let hasResidual: Bool

  init(_ spec: KernelSpec) { hasResidual = spec["residual"] == 1 }

  /// Statements that turn the sum in the `qf` variable `value` into the result; `bias` is the C
  /// expression of the columns' bias, `residual` that of the residual's elements.
  func statements(_ value: String, bias: String, residual: String) -> String {
    var lines = ["\(value) = \(value) + \(bias);"]
    if hasResidual { lines.append("\(value) = \(value) + \(residual);") }
    lines.append("\(value) = qf_lower(qf_raise(\(value), qf_set(g->lower)), qf_set(g->upper));")
    return lines.joined(separator: "\n")
  }

  /// The buffers of a convolution: input, weights, bias, residual, output.
  func declareBuffers(into out: inout CSource) {
    out.line("const char *input = buffers[0], *weights = buffers[1], *bias = buffers[2];")
    out.line("const char *residual = \(hasResidual ? "buffers[3]" : "0");")
    out.line("char *output = buffers[\(hasResidual ? 4 : 3)];")
  }
}
