// Unsafe pointers: all that is read through `handle` lives as long as the C model that it holds.

import Diagnostics
import Foundation
import QuantcRuntime
import Tensors

/// A compiled model in memory: code, weights and plan. Contexts made from it run it; any thread may
/// make one.
package struct LoadedModel: ~Copyable, Sendable {
  /// One step of the plan.
  package struct Step: Hashable, Sendable {
    /// The fused op that the step computes or takes part in.
    package let opName: String
    package let kernel: String
    package let tileCount: Int
    package let threadLimit: Int
  }

  /// Memory of the model and its contexts, in bytes.
  package struct Memory: Hashable, Sendable {
    package let weights: Int
    package let code: Int
    package let plan: Int
    package let arena: Int
    package let scratchPerThread: Int

    /// Peak of a model with one context of `threads` threads.
    package func peak(threads: Int) -> Int {
      weights + code + plan + arena + threads * scratchPerThread
    }
  }

  package let inputs: [Port]
  package let outputs: [Port]
  /// The values that a run can show, in the order of their numbers.
  package let taps: [Port]
  /// Name of the kernel variant in use.
  package let variant: String
  private let handle: ModelHandle

  /// Opens the package at `path` with its best variant for this processor, or with `variant`.
  ///
  /// - Throws: `QC4004` or a diagnostic of class 5, naming the file and the damaged section.
  package init(path: String, variant: String? = nil) throws(Diagnostic) {
    do throws(Diagnostic) {
      let handle = try ModelHandle(variant: variant) { options, model, error in
        qc_model_open(path, &options, &model, &error)
      }
      try self.init(handle)
    } catch {
      throw error.inFile(path)
    }
  }

  /// Opens a package in memory, which is not needed afterwards.
  ///
  /// - Throws: a diagnostic of class 5.
  package init(bytes: Data, variant: String? = nil) throws(Diagnostic) {
    let handle = try ModelHandle(variant: variant) { options, model, error in
      bytes.withUnsafeBytes { buffer in
        qc_model_open_memory(buffer.baseAddress, buffer.count, &options, &model, &error)
      }
    }
    try self.init(handle)
  }

  private init(_ handle: consuming ModelHandle) throws(Diagnostic) {
    let model = handle.pointer
    let inputs = try LoadedModel.ports(qc_model_input_count(model)) { qc_model_input(model, $0) }
    let outputs = try LoadedModel.ports(qc_model_output_count(model)) {
      qc_model_output(model, $0)
    }
    let taps = try LoadedModel.ports(qc_model_tap_count(model)) { index in
      qc_model_tap(model, index).flatMap { $0.pointer(to: \.type) }
    }
    self.inputs = inputs
    self.outputs = outputs
    self.taps = taps
    variant = String(cString: qc_model_variant(model))
    self.handle = handle
  }

  private static func ports(
    _ count: UInt32, _ describe: (UInt32) -> UnsafePointer<qc_tensor_type>?
  ) throws(Diagnostic) -> [Port] {
    var ports: [Port] = []
    for index in 0..<count {
      if let description = describe(index) { ports.append(try Port(description.pointee)) }
    }
    return ports
  }

  /// The plan's steps in the order they run.
  package var steps: [Step] {
    (0..<qc_model_step_count(handle.pointer)).compactMap { index in
      qc_model_step(handle.pointer, index).map { step in
        Step(
          opName: String(cString: step.pointee.op_name),
          kernel: String(cString: step.pointee.kernel),
          tileCount: Int(step.pointee.tile_count), threadLimit: Int(step.pointee.thread_limit))
      }
    }
  }

  package var memory: Memory {
    let memory = qc_model_memory(handle.pointer)
    return Memory(
      weights: Int(memory.weights), code: Int(memory.code), plan: Int(memory.plan),
      arena: Int(memory.arena), scratchPerThread: Int(memory.scratch_per_thread))
  }

  /// Makes a context of `threads` threads, the calling one included. It may outlive the model.
  ///
  /// - Throws: `QC5005` when memory or threads are refused.
  package func makeContext(threads: Int = 1) throws(Diagnostic) -> ModelContext {
    var context: OpaquePointer?
    var error = qc_error()
    let count = UInt32(clamping: threads)
    guard qc_context_create(handle.pointer, count, &context, &error) == QC_OK, let context else {
      throw Diagnostic(error)
    }
    return ModelContext(
      handle: context, inputs: inputs, outputs: outputs, taps: taps,
      stepCount: Int(qc_model_step_count(handle.pointer)))
  }
}
