import KernelIR

/// The C of a ``FloatEpilogue``: bias, residual and clamp of one vector of columns.
struct FloatEpilogueEmitter {
  let hasBias: Bool
  let hasResidual: Bool
  let hasLower: Bool
  let hasUpper: Bool

  init(_ spec: KernelSpec) {
    hasBias = spec["bias"] == 1
    hasResidual = spec["residual"] == 1
    hasLower = spec["lower"] == 1
    hasUpper = spec["upper"] == 1
  }

  /// Statements that turn the sum in the `qf` variable `value` into the result.
  ///
  /// - Parameters:
  ///   - bias: the C expression of the columns' bias.
  ///   - residual: of the residual's elements.
  func statements(_ value: String, bias: String, residual: String) -> String {
    var lines: [String] = []
    if hasBias { lines.append("\(value) = \(value) + \(bias);") }
    if hasResidual { lines.append("\(value) = \(value) + \(residual);") }
    if hasLower { lines.append("\(value) = qf_raise(\(value), qf_set(g->lower));") }
    if hasUpper { lines.append("\(value) = qf_lower(\(value), qf_set(g->upper));") }
    return lines.joined(separator: "\n")
  }

  /// The buffers of a convolution: input, weights, bias, residual, output.
  func declareBuffers(into out: inout CSource) {
    out.line("const char *input = buffers[0], *weights = buffers[1];")
    out.line("const char *bias = \(hasBias ? "buffers[2]" : "0");")
    out.line("const char *residual = \(hasResidual ? "buffers[\(hasBias ? 3 : 2)]" : "0");")
    out.line("char *output = buffers[\(2 + (hasBias ? 1 : 0) + (hasResidual ? 1 : 0))];")
  }
}
