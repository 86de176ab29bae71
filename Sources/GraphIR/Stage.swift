/// What is legal in a graph; each stage of the compiler leads to the next.
package enum Stage: String, CaseIterable, Hashable, Sendable {
  /// As the model says it: float ops, and QDQ pairs that the model brought along.
  case imported
  /// Constants folded, batch norms folded, patterns recognized.
  case canonical
  /// Explicit `quantize` and `dequantize` on every edge that is to be quantized.
  case quantized
  /// `q.*` ops; the quantize/dequantize ops that are left border float islands.
  case fused
}
