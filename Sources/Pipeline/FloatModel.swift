import Calibration
import Canonicalization
import Diagnostics
import Foundation
import Fusion
import GraphIR
import Interpreter
import Samples
import Scheduling
import Tensors

/// A model run in float, its open extents bound anew where a sample has other ones: by the
/// interpreter, or by a program that is compiled in memory. Both give the same bits.
package struct FloatModel: ActivationSource {
  package enum Form: Sendable {
    /// The nodes as the model has them.
    case imported
    /// The graph that is calibrated and compiled.
    case canonical
  }

  /// What ran the model.
  package struct Report: Hashable, Sendable {
    /// Sets of input shapes that programs were made for; one that comes back counts again if its
    /// program was given up in between.
    package internal(set) var compiledShapes = 0
    package internal(set) var interpretedShapes = 0
    /// Kernels that were compiled.
    package internal(set) var kernels = 0
    /// Runs in which a value was replaced, and the time that they took all threads together.
    package internal(set) var replacingRuns = 0
    package internal(set) var replacingTime = Duration.zero
  }

  package let modelHash: String
  private let programs: FloatPrograms
  private let path: String
  /// Threads of a program.
  private let threads: Int
  private var bound: (shapes: [String: Shape], runner: Runner)?
  private var sensitivity: (shapes: [String: Shape], plan: SensitivityPlan)?

  private enum Runner {
    case interpreter(InterpreterSource)
    case context(FloatContext)
  }

  /// - Parameters:
  ///   - model: the file.
  ///   - form: the graph that is run.
  ///   - engine: what runs it.
  ///   - showsValues: whether ``run(_:observe:)`` shows the values of a compiled program.
  ///   - plan: how often and how parallel it is run, by which ``FloatEngine/auto`` chooses.
  package init(
    _ model: SourceModel, form: Form, engine: FloatEngine = .interpreter, showsValues: Bool = true,
    plan: Plan = Plan()
  ) {
    modelHash = model.hash
    path = model.path
    threads = plan.threads
    programs = FloatPrograms(
      engine: engine, tapping: showsValues ? .allFloats : .stored, plan: plan
    ) { shapes throws(Diagnostic) in
      let dims = shapes.mapValues(\.dims)
      var manager = PassManager()
      switch form {
      case .imported:
        var graph = try model.importedGraph(shapes: dims)
        try manager.run(
          [removeDeadOps, foldConstants, dequantizeConstants, removeDeadOps], on: &graph)
        return graph
      case .canonical:
        return try model.canonicalGraph(shapes: dims, manager: &manager)
      }
    }
  }

  private init(modelHash: String, path: String, _ programs: FloatPrograms, threads: Int) {
    self.modelHash = modelHash
    self.path = path
    self.programs = programs
    self.threads = threads
  }

  package var report: Report { programs.report }

  package var makeAnother: @Sendable () -> FloatModel {
    { [modelHash, path, programs, threads] in
      FloatModel(modelHash: modelHash, path: path, programs, threads: threads)
    }
  }

  package mutating func run(
    _ inputs: [String: Tensor], observe: (Activation) -> Void
  ) throws(Diagnostic) -> [String: Tensor] {
    try withoutActuallyEscaping(observe) { observe throws(Diagnostic) in
      try run(inputs, showing: observe)
    }
  }

  /// The outputs alone, by name.
  package mutating func run(_ inputs: [String: Tensor]) throws(Diagnostic) -> [String: Tensor] {
    try run(inputs, showing: nil)
  }

  package mutating func run(
    _ inputs: [String: Tensor], replacing name: String, with replace: (Tensor) -> Tensor?
  ) throws(Diagnostic) -> [String: Tensor] {
    let runner = try runner(for: inputs.mapValues(\.shape))
    let start = ContinuousClock.now
    defer { programs.countReplacement(.now - start) }
    switch runner {
    case .context(let context):
      return try context.run(inputs, replacing: name, with: replace)
    case .interpreter(var source):
      defer { bound?.runner = .interpreter(source) }
      return try source.run(inputs, replacing: name, with: replace)
    }
  }

  package mutating func sensitivity(
    of shapes: [String: Shape]
  ) throws(Diagnostic) -> SensitivityPlan {
    if let sensitivity, sensitivity.shapes == shapes { return sensitivity.plan }
    do throws(Diagnostic) {
      let plan = SensitivityPlan(try programs.bound(to: shapes).graph)
      sensitivity = (shapes, plan)
      return plan
    } catch {
      throw error.inFile(path)
    }
  }

  private mutating func run(
    _ inputs: [String: Tensor], showing observe: ((Activation) -> Void)?
  ) throws(Diagnostic) -> [String: Tensor] {
    let shapes = inputs.mapValues(\.shape)
    switch try runner(for: shapes) {
    case .context(let context):
      return try context.run(inputs, observe: observe)
    case .interpreter(var source):
      defer { bound?.runner = .interpreter(source) }
      return try source.run(inputs) { observe?($0) }
    }
  }

  private mutating func runner(for shapes: [String: Shape]) throws(Diagnostic) -> Runner {
    if let bound, bound.shapes == shapes { return bound.runner }
    bound = nil
    let made: FloatPrograms.Bound
    do throws(Diagnostic) {
      made = try programs.bound(to: shapes)
    } catch {
      throw error.inFile(path)
    }
    let runner: Runner
    if let program = made.program {
      runner = .context(try program.makeContext(threads: threads))
    } else {
      runner = .interpreter(InterpreterSource(modelHash: modelHash, graph: made.graph))
    }
    bound = (shapes, runner)
    return runner
  }
}
