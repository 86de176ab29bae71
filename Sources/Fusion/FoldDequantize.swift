import Diagnostics
import GraphIR

/// Folds the `dequantize` ops before products, attention, rotations and averages whose result stays float. Sums
/// with a float result stay in float: integers would save nothing there.
///
/// - Numerics: within rounding of the float chain; integer sums are exact.
package let foldDequantize = Pass("fold-dequantize") { graph throws(Diagnostic) in
  var taken: Set<ValueID> = []
  // From the outputs backwards, so that the longest chain is found first.
  for id in graph.values.reversed() where graph.resolve(id) == id && !taken.contains(id) {
    if let kernel = try graph.foldAttention(id, result: .float, quantize: nil) {
      if graph[kernel].name.isEmpty { graph.bequeathName(of: id, to: kernel) }
      graph.replaceUses(of: id, with: kernel)
      continue
    }
    if case .rotaryEmbedding(let rotary) = graph.op(id),
      graph.bytes(graph.operand(0, of: id)) != nil
    {
      let kernel = try graph.foldRotary(id, rotary, result: .float, quantize: nil)
      if graph[kernel].name.isEmpty { graph.bequeathName(of: id, to: kernel) }
      graph.replaceUses(of: id, with: kernel)
      continue
    }
    let chain = graph.kernelChain(endingAt: id, accepting: { _ in true })
    if let kernel = try graph.foldProduct(endingAt: id, result: .float, quantize: nil) {
      taken.formUnion(chain?.members ?? [])
      if graph[kernel].name.isEmpty { graph.bequeathName(of: id, to: kernel) }
      graph.replaceUses(of: id, with: kernel)
    } else if let kernel = try graph.foldAverage(id) {
      graph.replaceUses(of: id, with: kernel)
    }
  }
  try graph.compact()
}
