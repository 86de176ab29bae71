import Calibration
import CodegenCPU
import Diagnostics
import Foundation
import GraphIR
import ModelRunner
import Packaging
import Scheduling
import Targets
import Tensors

/// A float graph compiled for this machine and opened, all in memory.
final class FloatProgram: Sendable {
  /// A value that is shown to calibration.
  struct Value: Sendable {
    let name: String
    let shape: Shape
    let channelAxis: Int?
    let readers: [ProductReader]
  }

  /// The inputs, in the order of the context's.
  let inputs: [Value]
  let outputNames: [String]
  /// By the number of the tap.
  let tapped: [Int: Value]
  /// The tap of each value of ``tapped``, by name.
  let tapNumbers: [String: Int]
  /// The values without an element, which no step makes.
  let empty: [Value]
  private let model: LoadedModel

  /// - Parameters:
  ///   - graph: of ops in float32.
  ///   - library: compiles the kernels that it does not have yet.
  ///   - tapping: the values that a run can show.
  /// - Throws: `QC2005` for an op without a kernel, and what the toolchain throws.
  init(
    _ graph: Graph, _ library: inout KernelLibrary, tapping: Tapping
  ) throws(Diagnostic) {
    let scheduled = try Scheduler.schedule(graph, tapping: tapping)
    let object = try library.object(with: scheduled.kernels)
    let variant = PackageWriter.Variant(name: library.target.name, rank: 0, object: object)
    let package = try PackageWriter(
      program: scheduled.program, architecture: library.target.architecture, variants: [variant],
      manifest: Data("{}".utf8), compresses: false
    ).bytes()
    model = try LoadedModel(bytes: package)
    let axes = graph.channelAxes
    let readers = tapping == .allFloats ? try graph.productReaders() : graph.values.map { _ in [] }
    func value(_ id: ValueID) -> Value {
      Value(
        name: graph[id].name, shape: graph.shape(of: id), channelAxis: axes[id.index],
        readers: readers[id.index])
    }
    inputs = graph.inputs.map(value)
    outputNames = graph.outputs.map(\.name)
    let shown = graph.tappedFloats.map(value)
    empty = shown.filter { $0.shape.elementCount == 0 }
    let byName = Dictionary(shown.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    var tapped: [Int: Value] = [:]
    for (index, tap) in model.taps.enumerated() where tap.type.element == .f32 {
      tapped[index] = byName[tap.name]
    }
    self.tapped = tapped
    tapNumbers = Dictionary(
      tapped.map { ($0.value.name, $0.key) }, uniquingKeysWith: { first, _ in first })
    guard tapping == .stored || tapped.count + empty.count == shown.count else {
      throw Diagnostic(.internalError, "a float program does not show all of its values")
    }
  }

  func makeContext(threads: Int) throws(Diagnostic) -> FloatContext {
    FloatContext(self, try model.makeContext(threads: threads))
  }
}

/// A float program made ready to run, by one thread at a time.
final class FloatContext {
  private let program: FloatProgram
  private let context: ModelContext

  init(_ program: FloatProgram, _ context: consuming ModelContext) {
    self.program = program
    self.context = context
  }

  /// As ``ActivationSource/run(_:observe:)``.
  func run(
    _ tensors: [String: Tensor], observe: ((Activation) -> Void)?
  ) throws(Diagnostic) -> [String: Tensor] {
    let inputs = try ordered(tensors)
    let results: [Tensor]
    if let observe {
      for (input, tensor) in zip(program.inputs, inputs) where tensor.element == .f32 {
        observe(input.activation(tensor))
      }
      results = try context.run(inputs) { (index, tensor) throws(Diagnostic) in
        if let value = program.tapped[index] { observe(value.activation(tensor)) }
      }
      for value in program.empty {
        observe(value.activation(try Tensor(.f32, value.shape, bytes: Data())))
      }
    } else {
      results = try context.run(inputs)
    }
    return named(results)
  }

  /// As ``ActivationSource/run(_:replacing:with:)``.
  func run(
    _ tensors: [String: Tensor], replacing name: String, with replace: (Tensor) -> Tensor?
  ) throws(Diagnostic) -> [String: Tensor] {
    var inputs = try ordered(tensors)
    if let index = program.inputs.firstIndex(where: { $0.name == name }) {
      inputs[index] = replace(inputs[index]) ?? inputs[index]
      return named(try context.run(inputs))
    }
    guard let tap = program.tapNumbers[name] else {
      throw Diagnostic(.internalError, "the float program does not show this value", at: name)
    }
    return named(
      try context.run(inputs, replacing: tap) { tensor throws(Diagnostic) in replace(tensor) })
  }

  private func ordered(_ tensors: [String: Tensor]) throws(Diagnostic) -> [Tensor] {
    var inputs: [Tensor] = []
    for input in program.inputs {
      guard let tensor = tensors[input.name] else {
        throw Diagnostic(.wrongArray, "no samples for this input", at: input.name)
      }
      inputs.append(tensor)
    }
    return inputs
  }

  private func named(_ results: [Tensor]) -> [String: Tensor] {
    Dictionary(zip(program.outputNames, results), uniquingKeysWith: { first, _ in first })
  }
}

extension FloatProgram.Value {
  fileprivate func activation(_ tensor: Tensor) -> Activation {
    Activation(name: name, tensor: tensor, channelAxis: channelAxis, readers: readers)
  }
}
