import Diagnostics
import GraphIR
import Tensors

/// What runs a float model; both ways give the same bits.
package enum FloatEngine: String, CaseIterable, Sendable {
  /// For each shape of the inputs whichever is predicted to be done first.
  case auto
  /// Kernels for this machine, compiled in memory.
  case compiled
  case interpreter
}

/// The predicted times of the two engines, on a processor of a few years ago. They choose by what
/// a model is run, and nothing else.
struct FloatCost {
  /// Seconds of one run by the interpreter.
  let interpreted: Double
  /// Seconds that making a program takes, once the kernels are there.
  let making: Double

  /// Seconds of one run of the compiled program, as a part of the interpreter's.
  private static let compiledShare = 0.6
  /// Seconds to compile the kernels of the first program.
  private static let compiling = 2.0

  init(_ graph: Graph) {
    var (products, elements, constants) = (0.0, 0.0, 0.0)
    for id in graph.values where graph.resolve(id) == id {
      let count = Double(graph.shape(of: id).elementCount)
      if graph.constant(id) != nil {
        constants += count
        continue
      }
      elements += count
      products += count * Double(graph.productsPerElement(id))
    }
    interpreted = products / 8e9 + elements / 5e8
    making = 0.05 + constants / 1e8
  }

  /// Whether `runs` runs by `workers` threads end sooner when the graph is compiled.
  func isWorthCompiling(runs: Int, workers: Int, hasKernels: Bool) -> Bool {
    let saved = Double(runs) / Double(workers) * interpreted * (1 - FloatCost.compiledShare)
    return saved > making + (hasKernels ? 0 : FloatCost.compiling)
  }
}

extension Graph {
  /// Products that are summed for each element of a value.
  fileprivate func productsPerElement(_ id: ValueID) -> Int {
    switch op(id) {
    case .conv:
      shape(of: operand(1, of: id)).dims.dropFirst().reduce(1, *)
    case .matMul:
      shape(of: operand(0, of: id)).dims.last ?? 1
    case .attention:
      // Of a score and of a result, for each key.
      2 * (shape(of: operand(1, of: id)).dims.dropLast().last ?? 1)
    default:
      0
    }
  }
}
