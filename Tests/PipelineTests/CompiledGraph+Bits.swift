import Interpreter
import Tensors
import Testing

extension CompiledGraph {
  /// Expects of every variant, on one thread and on three, what the interpreter makes of `input`.
  func expectBits(of input: Tensor) throws {
    let expected = try Interpreter(fused).run([input])
    for variant in CompiledGraph.variantNames {
      for threads in [1, 3] {
        let results = try run(input, variant: variant, threads: threads)
        for (result, wanted) in zip(results, expected)
        where !result.differingElements(from: wanted).isEmpty {
          let value = try firstDifference(input, variant: variant) ?? "an output"
          Issue.record("\(variant), \(threads) threads: differs first in \(value)\n\(fused)")
        }
      }
    }
  }
}
