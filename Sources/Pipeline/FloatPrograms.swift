import CodegenCPU
import Diagnostics
import Foundation
import GraphIR
import ModelRunner
import Scheduling
import Synchronization
import Targets
import Tensors
import Toolchain

/// The graphs and programs of a model for the shapes of its inputs, made when they are asked for and
/// shared by the threads that run them.
final class FloatPrograms: Sendable {
  /// A model with all extents bound.
  struct Bound: Sendable {
    let shapes: [String: Shape]
    let graph: Graph
    /// `nil`: the graph is interpreted.
    let program: FloatProgram?
  }

  private struct Made: Sendable {
    /// The last ones that were used, at most ``FloatPrograms/limit``.
    var recent: [Bound] = []
    var library: KernelLibrary?
    var report = FloatModel.Report()
  }

  private let makeGraph: @Sendable ([String: Shape]) throws(Diagnostic) -> Graph
  private let engine: FloatEngine
  private let tapping: Tapping
  private let plan: FloatModel.Plan
  private let made = Mutex(Made())
  private static let limit = 3

  init(
    engine: FloatEngine, tapping: Tapping, plan: FloatModel.Plan,
    graph: @escaping @Sendable ([String: Shape]) throws(Diagnostic) -> Graph
  ) {
    self.engine = engine
    self.tapping = tapping
    self.plan = plan
    makeGraph = graph
  }

  /// What was made so far.
  var report: FloatModel.Report { made.withLock { $0.report } }

  /// Counts a run in which a value was replaced.
  func countReplacement(_ duration: Duration) {
    made.withLock { made in
      made.report.replacingRuns += 1
      made.report.replacingTime += duration
    }
  }

  /// The model for inputs of these shapes.
  func bound(to shapes: [String: Shape]) throws(Diagnostic) -> Bound {
    try made.withLock { made throws(Diagnostic) in
      if let index = made.recent.firstIndex(where: { $0.shapes == shapes }) {
        made.recent.append(made.recent.remove(at: index))
      } else {
        let bound = try bind(to: shapes, &made)
        if made.recent.count >= FloatPrograms.limit { made.recent.removeFirst() }
        made.recent.append(bound)
      }
      return made.recent[made.recent.count - 1]
    }
  }

  private func bind(
    to shapes: [String: Shape], _ made: inout Made
  ) throws(Diagnostic) -> Bound {
    let graph = try makeGraph(shapes)
    guard compiles(graph, shapes, hasKernels: made.library != nil) else {
      made.report.interpretedShapes += 1
      return Bound(shapes: shapes, graph: graph, program: nil)
    }
    do throws(Diagnostic) {
      var library: KernelLibrary
      if let known = made.library { library = known } else { library = try Self.makeLibrary() }
      let program = try FloatProgram(graph, &library, tapping: tapping)
      made.library = library
      made.report.kernels = library.kernelCount
      made.report.compiledShapes += 1
      return Bound(shapes: shapes, graph: graph, program: program)
    } catch {
      throw error.suggesting("\(FloatPrograms.wayOut), which needs neither kernels nor a compiler")
    }
  }

  private func compiles(_ graph: Graph, _ shapes: [String: Shape], hasKernels: Bool) -> Bool {
    switch engine {
    case .interpreter: false
    case .compiled: true
    case .auto:
      isWorthCompiling(graph, shapes, hasKernels: hasKernels)
    }
  }

  private func isWorthCompiling(
    _ graph: Graph, _ shapes: [String: Shape], hasKernels: Bool
  ) -> Bool {
    let counts = plan.runCounts(of: graph, shapes)
    return FloatCost(graph).isWorthCompiling(
      runs: counts.ofShapes, ofAll: counts.ofAll, workers: plan.workers, hasKernels: hasKernels)
  }

  private static let wayOut = "run the float model with --runner interpreter"

  private static func makeLibrary() throws(Diagnostic) -> KernelLibrary {
    guard let target = CPUTarget.all.last(where: { HostCPU.supports(variant: $0.name) }) else {
      throw Diagnostic(.unknownTarget, "this machine runs none of the variants")
    }
    return KernelLibrary(
      target, try CToolchain.find(), width: ProcessInfo.processInfo.activeProcessorCount)
  }
}

extension Diagnostic {
  /// The same problem with one more way out.
  fileprivate func suggesting(_ way: String) -> Diagnostic {
    let hint = hint.map { "\($0); or \(way)" } ?? way
    return Diagnostic(code, message, at: location, hint: hint, file: file)
  }
}
