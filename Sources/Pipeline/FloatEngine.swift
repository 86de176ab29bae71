import Calibration
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
      elements += graph.elementWork(id)
      products += count * Double(graph.productsPerElement(id))
    }
    interpreted = products / 8e9 + elements / 5e8
    making = 0.05 + constants / 1e8
  }

  /// Whether `runs` runs by `workers` threads end sooner when the graph is compiled. The first kernels
  /// have to be worth it in the runs of all shapes, taken as costly as these.
  func isWorthCompiling(runs: Int, ofAll all: Int, workers: Int, hasKernels: Bool) -> Bool {
    func saved(_ runs: Int) -> Double {
      Double(runs) / Double(workers) * interpreted * (1 - FloatCost.compiledShare)
    }
    return saved(runs) > making && (hasKernels || saved(all) > making + FloatCost.compiling)
  }
}
