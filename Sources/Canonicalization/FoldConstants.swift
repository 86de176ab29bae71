import Diagnostics
import GraphIR
import Interpreter
import Tensors

/// Computes what depends on constants alone.
///
/// - Applies: to every op but `dequantize`, so that integer constants stay integers, whose result
///   is of at most ``foldedByteLimit`` bytes. What the interpreter refuses stays.
/// - Numerics: none; the interpreter's arithmetic is that of every target.
package let foldConstants = Pass(
  "fold-constants",
  rules: [
    RewriteRule("fold-constants") { (id, graph) throws(Diagnostic) in
      switch graph.op(id) {
      case .input, .constant, .dequantize: return nil
      default: break
      }
      let operands = graph.operands(of: id)
      let tensors = operands.compactMap { graph.constant($0) }
      let type = graph.type(of: id)
      guard tensors.count == operands.count, type.byteCount <= foldedByteLimit,
        let result = try? Interpreter.evaluate(
          graph.op(id), operands: tensors, operandTypes: operands.map { graph.type(of: $0) },
          type: type)
      else { return nil }
      return graph.appendConstant(result, quantization: type.quantization)
    }
  ])

/// The size up to which a constant is computed at build rather than at run.
let foldedByteLimit = 1 << 28
