import Diagnostics
import Foundation
import Tensors

/// The runs that a sample set makes on one model: for each, the tensors that the model takes.
package struct BoundSamples: Sendable {
  private struct Binding: Sendable {
    let input: ModelInput
    let column: SampleColumn
    let fit: SampleFit
    /// The run's array where it is the whole file, with no sample axis.
    let whole: Tensor?

    /// The extents of the first sample of a run, or of the whole array.
    func dims(run: Int) throws(Diagnostic) -> [Int] {
      if let whole { return whole.shape.dims }
      return try column.dims(at: run * fit.batch)
    }
  }

  private let bindings: [Binding]
  /// Number of runs.
  package let count: Int
  /// Samples in one run.
  package let batch: Int
  /// Whether axis 0 of the model's inputs counts samples; otherwise results get a sample axis.
  package let hasBatchAxis: Bool
  /// What was converted, one line per input, for the user.
  package let notes: [String]
  /// Model input name to the model output that the next run takes; run 0 takes the sample.
  package let feedback: [String: String]

  /// Samples with a sample axis, or, when `single`, each array as one whole input.
  ///
  /// - Parameters:
  ///   - samples: named inputs.
  ///   - inputs: the model's.
  ///   - batch: samples in a run where the model leaves axis 0 open.
  ///   - single: takes each array as one whole input.
  /// - Throws: `QC4002` when an input is missing, unknown, or differs from the model's in more
  ///   than element type and axes of extent 1.
  package init(
    _ samples: SampleSet, inputs: [ModelInput], batch: Int = 1, single: Bool = false
  ) throws(Diagnostic) {
    try BoundSamples.checkNames(samples, inputs)
    var bindings: [Binding] = []
    var notes: [String] = []
    for input in inputs {
      guard let column = samples.inputs.first(where: { $0.name == input.name })?.column else {
        continue
      }
      let binding =
        single
        ? try BoundSamples.whole(input, column) : try BoundSamples.rows(input, column, batch)
      bindings.append(binding)
      if let note = try BoundSamples.note(binding) { notes.append(note) }
    }
    let axis = bindings.first(where: \.fit.hasBatchAxis)
    let batch = axis?.fit.batch ?? 1
    if let other = bindings.first(where: { $0.fit.batch != batch && $0.column.file != nil }) {
      throw Diagnostic(
        .wrongArray, "\(other.fit.batch) samples go into a run, but \(batch) of another input",
        at: other.input.name, file: other.column.file)
    }
    guard samples.count % batch == 0 || single else {
      throw Diagnostic(
        .wrongArray, "\(samples.count) samples are no multiple of the batch of \(batch)",
        at: axis?.input.name, hint: "leave \(samples.count % batch) of them out",
        file: axis?.column.file)
    }
    guard samples.feedback.isEmpty || batch == 1 else {
      throw Diagnostic(
        .malformedDataset, "samples that feed the next one need a batch of 1, not \(batch)")
    }
    self.bindings = bindings
    self.notes = notes
    self.batch = single ? 1 : batch
    count = single ? 1 : samples.count / batch
    hasBatchAxis = !single && axis != nil
    feedback = single ? [:] : samples.feedback
  }

  /// The inputs of run `index`: copies, in the model's element types and shapes.
  ///
  /// - Throws: `QC4002` when a sample does not fit or holds a value that the type cannot.
  package func run(_ index: Int) throws(Diagnostic) -> [String: Tensor] {
    precondition((0..<count).contains(index), "run \(index) of \(count)")
    var result: [String: Tensor] = [:]
    for binding in bindings {
      do throws(Diagnostic) {
        result[binding.input.name] = try tensor(binding, run: index)
      } catch {
        throw error.at(binding.input.name, sample: index * batch, file: binding.column.file)
      }
    }
    return result
  }

  /// The shapes of the inputs of run `index`, without reading them.
  ///
  /// - Throws: `QC4002` when a sample does not fit.
  package func shapes(ofRun index: Int) throws(Diagnostic) -> [String: Shape] {
    var result: [String: Shape] = [:]
    for binding in bindings {
      do throws(Diagnostic) {
        result[binding.input.name] = try shape(binding, run: index)
      } catch {
        throw error.at(binding.input.name, sample: index * batch, file: binding.column.file)
      }
    }
    return result
  }

  private func shape(_ binding: Binding, run: Int) throws(Diagnostic) -> Shape {
    let dims = try binding.dims(run: run)
    guard let bound = binding.fit.bound(dims, binding.input) else {
      throw BoundSamples.misfit(binding.input, binding.column, dims)
    }
    return try Shape(bound)
  }

  private func tensor(_ binding: Binding, run: Int) throws(Diagnostic) -> Tensor {
    let shape = try shape(binding, run: run)
    if let whole = binding.whole {
      return try whole.reshaped(shape).converted(to: binding.input.element)
    }
    let first = run * binding.fit.batch
    let sample = try binding.column.sample(at: first).converted(to: binding.input.element)
    if binding.fit.batch == 1 { return try sample.reshaped(shape) }
    var bytes = sample.bytes
    for place in first + 1..<first + binding.fit.batch {
      let next = try binding.column.sample(at: place).converted(to: binding.input.element)
      guard next.shape == sample.shape else {
        throw Diagnostic(.wrongArray, "samples of one run differ in shape", hint: "use batch 1")
      }
      bytes.append(next.bytes)
    }
    return try Tensor(binding.input.element, shape, bytes: bytes)
  }

  private static func rows(
    _ input: ModelInput, _ column: SampleColumn, _ batch: Int
  ) throws(Diagnostic) -> Binding {
    let dims = try column.dims(at: 0)
    guard let fit = SampleFit(dims, input, batch: batch) else {
      throw misfit(input, column, dims)
    }
    return Binding(input: input, column: column, fit: fit, whole: nil)
  }

  private static func whole(
    _ input: ModelInput, _ column: SampleColumn
  ) throws(Diagnostic) -> Binding {
    guard let array = column.whole else {
      throw Diagnostic(
        .wrongArray, "a data set has no single whole array", at: input.name,
        hint: "give the array with --input \(input.name)=<array.npy>", file: column.file)
    }
    guard SampleFit.bind(array.shape.dims, input.dims) != nil else {
      throw Diagnostic(
        .wrongArray,
        "the array is \(array.element.rawValue) \(ModelInput.text(array.shape.dims)), "
          + "the model takes \(input.description)", at: input.name,
        hint: "with --single the array is the whole input, without a sample axis",
        file: column.file)
    }
    return Binding(input: input, column: column, fit: SampleFit.whole, whole: array)
  }

  private static func misfit(
    _ input: ModelInput, _ column: SampleColumn, _ dims: [Int]
  ) -> Diagnostic {
    let element = column.element?.rawValue ?? "fill"
    return Diagnostic(
      .wrongArray,
      "the samples are \(element) \(ModelInput.text(dims)), each one of axis 0, "
        + "the model takes \(input.description)", at: input.name,
      hint: "the array needs the model's shape with the samples along axis 0; only element type "
        + "and axes of extent 1 may differ",
      file: column.file)
  }

  private static func note(_ binding: Binding) throws(Diagnostic) -> String? {
    let dims = try binding.dims(run: 0)
    guard let element = binding.column.element,
      let bound = binding.fit.bound(dims, binding.input)
    else { return nil }
    let expected = binding.fit.hasBatchAxis ? Array(bound.dropFirst()) : bound
    guard element != binding.input.element || dims != expected else { return nil }
    let from = binding.whole == nil ? [nil] + dims.map(Optional.some) : dims.map(Optional.some)
    return "input '\(binding.input.name)': \(element.rawValue) \(ModelInput.text(from)) is taken "
      + "as \(binding.input.element.rawValue) \(ModelInput.text(bound))"
  }

  private static func checkNames(
    _ samples: SampleSet, _ inputs: [ModelInput]
  ) throws(Diagnostic) {
    let wanted = inputs.map(\.name)
    let given = samples.inputs.map(\.name)
    let takes = inputs.map { "\($0.name) \($0.description)" }.joined(separator: ", ")
    let hint = "the model's inputs: \(takes)"
    if let unknown = given.first(where: { !wanted.contains($0) }) {
      throw Diagnostic(
        .wrongArray, "the model has no input of this name", at: unknown, hint: hint)
    }
    if let missing = wanted.first(where: { !given.contains($0) }) {
      throw Diagnostic(.wrongArray, "no samples for this input", at: missing, hint: hint)
    }
  }
}

extension SampleFit {
  /// The array is the input, as it is.
  static let whole = SampleFit()

  private init() {
    batch = 1
    hasBatchAxis = false
  }
}

extension Diagnostic {
  /// The same problem, said of an input and a sample where it does not name them yet.
  fileprivate func at(_ input: String, sample: Int, file: String?) -> Diagnostic {
    var copy = self
    if copy.location == nil { copy.location = "\(input), sample \(sample)" }
    return file.map { copy.inFile($0) } ?? copy
  }
}
