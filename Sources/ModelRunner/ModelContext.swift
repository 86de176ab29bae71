// Unsafe pointers: `handle` is a C context, destroyed exactly once, by `deinit`; the inputs and
// outputs it is given point into `staging`, which has exactly the sizes of the ports.

import Diagnostics
import QuantcRuntime
import Tensors

/// A model made ready to run: arena, threads and buffers. Serves one call at a time.
package struct ModelContext: ~Copyable {
  package let inputs: [Port]
  package let outputs: [Port]
  package let taps: [Port]
  private let stepCount: Int
  private let handle: OpaquePointer
  private let staging: StagingBuffers
  private let inputPointers: [qc_input]
  private let outputPointers: [qc_output]

  init(handle: OpaquePointer, inputs: [Port], outputs: [Port], taps: [Port], stepCount: Int) {
    let sizes = (inputs + outputs).map(\.type.byteCount)
    let staging = StagingBuffers(sizes: sizes)
    inputPointers = inputs.indices.map {
      qc_input(bytes: UnsafeRawPointer(staging.pointer($0)), byte_count: sizes[$0])
    }
    outputPointers = outputs.indices.map {
      let index = inputs.count + $0
      return qc_output(bytes: staging.pointer(index), byte_count: sizes[index])
    }
    self.staging = staging
    self.handle = handle
    self.inputs = inputs
    self.outputs = outputs
    self.taps = taps
    self.stepCount = stepCount
  }

  deinit { qc_context_destroy(handle) }

  /// Runs the model on one tensor per input, in the order of ``inputs``.
  ///
  /// - Throws: `QC4002` when a tensor is not of its port's type and shape.
  package func run(_ tensors: [Tensor]) throws(Diagnostic) -> [Tensor] {
    try stage(tensors)
    try runStaged()
    return try results()
  }

  /// Runs the model and hands every tapped value to `visit` as soon as it is complete, with its
  /// index in ``taps``.
  ///
  /// - Throws: as ``run(_:)``, or the first diagnostic that `visit` throws.
  package func run(
    _ tensors: [Tensor], tapping visit: (Int, Tensor) throws(Diagnostic) -> Void
  ) throws(Diagnostic) -> [Tensor] {
    try run(tensors, wanted: nil) { (index, tensor) throws(Diagnostic) in
      try visit(index, tensor)
      return nil
    }
  }

  /// Runs the model and puts what `replace` makes of the value of a tap in its place before the next
  /// step reads it; `nil` leaves it. A tap that shows a copy of a value replaces the copy alone.
  ///
  /// - Throws: as ``run(_:)``, or what `replace` throws.
  package func run(
    _ tensors: [Tensor], replacing tap: Int,
    with replace: (Tensor) throws(Diagnostic) -> Tensor?
  ) throws(Diagnostic) -> [Tensor] {
    try run(tensors, wanted: tap) { (_, tensor) throws(Diagnostic) in try replace(tensor) }
  }

  private func run(
    _ tensors: [Tensor], wanted: Int?,
    visiting visit: (Int, Tensor) throws(Diagnostic) -> Tensor?
  ) throws(Diagnostic) -> [Tensor] {
    try stage(tensors)
    let failure = withoutActuallyEscaping(visit) { visit -> Diagnostic? in
      let visitor = TapVisitor(taps: taps, wanted: wanted, visit: visit)
      return visitor.attach(to: handle) { () throws(Diagnostic) in try runStaged() }
    }
    if let failure { throw failure }
    return try results()
  }

  /// Runs the model `count` times on the same inputs, without leaving the runtime between runs.
  ///
  /// - Returns: the duration of each run in nanoseconds.
  package func benchmark(_ tensors: [Tensor], runs count: Int) throws(Diagnostic) -> [UInt64] {
    try measure(tensors, runs: count, slots: count, with: qc_context_benchmark)
  }

  /// Runs the model `count` times on the same inputs.
  ///
  /// - Returns: for each step of the plan, the nanoseconds of its shortest run.
  package func profile(_ tensors: [Tensor], runs count: Int) throws(Diagnostic) -> [UInt64] {
    try measure(tensors, runs: count, slots: stepCount, with: qc_context_profile)
  }

  private typealias Measure = (
    OpaquePointer?, UnsafePointer<qc_input>?, UInt32, UnsafePointer<qc_output>?, UInt32, UInt32,
    UnsafeMutablePointer<UInt64>?, UnsafeMutablePointer<qc_error>?
  ) -> qc_status

  private func measure(
    _ tensors: [Tensor], runs: Int, slots: Int, with measure: Measure
  ) throws(Diagnostic) -> [UInt64] {
    try stage(tensors)
    var nanoseconds = [UInt64](repeating: 0, count: max(slots, 1))
    var error = qc_error()
    let status = measure(
      handle, inputPointers, UInt32(inputPointers.count), outputPointers,
      UInt32(outputPointers.count), UInt32(clamping: runs), &nanoseconds, &error)
    guard status == QC_OK else { throw Diagnostic(error) }
    return Array(nanoseconds.prefix(slots))
  }

  /// Checks the tensors against the ports and copies them.
  private func stage(_ tensors: [Tensor]) throws(Diagnostic) {
    guard tensors.count == inputs.count else {
      throw Diagnostic(
        .wrongArray, "the model has \(inputs.count) inputs, not \(tensors.count)")
    }
    for (index, (port, tensor)) in zip(inputs, tensors).enumerated() {
      guard tensor.element == port.type.element, tensor.shape == port.type.shape else {
        throw Diagnostic(
          .wrongArray,
          "expected \(port.type.shape) \(port.type.element.rawValue), "
            + "got \(tensor.shape) \(tensor.element.rawValue)", at: "input '\(port.name)'")
      }
      staging.fill(index, with: tensor.bytes)
    }
  }

  private func runStaged() throws(Diagnostic) {
    var error = qc_error()
    let status = qc_run(
      handle, inputPointers, UInt32(inputPointers.count), outputPointers,
      UInt32(outputPointers.count), &error)
    guard status == QC_OK else { throw Diagnostic(error) }
  }

  private func results() throws(Diagnostic) -> [Tensor] {
    var tensors: [Tensor] = []
    for (index, port) in outputs.enumerated() {
      let bytes = staging.contents(inputs.count + index)
      tensors.append(try Tensor(port.type.element, port.type.shape, bytes: bytes))
    }
    return tensors
  }
}
