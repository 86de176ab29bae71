import Diagnostics
import ModelRunner
import ONNXFrontend
import Samples
import Tensors

/// A package or an ONNX model behind one way to run it, inputs and outputs by name.
package struct RunnableModel {
  package let inputs: [ModelInput]
  package let outputNames: [String]
  private var engine: Engine

  private enum Engine {
    case package(OpenPackage)
    case float(FloatModel)
  }

  /// Keeps a context, which cannot be copied, behind a reference.
  private final class OpenPackage {
    let context: ModelContext

    init(path: String, variant: String?, threads: Int) throws(Diagnostic) {
      context = try LoadedModel(path: path, variant: variant).makeContext(threads: threads)
    }
  }

  /// An ONNX model that is run in float, as it is.
  ///
  /// - Parameters:
  ///   - source: the model.
  ///   - runner: what runs it.
  ///   - plan: how often it is run.
  ///   - shapes: whole shapes of the inputs.
  package init(
    _ source: SourceModel, runner: FloatEngine, plan: FloatModel.Plan, shapes: [String: [Int]]
  ) {
    inputs = source.inputs(shapes: shapes)
    outputNames = source.model.outputs
    engine = .float(
      FloatModel(source, form: .imported, engine: runner, showsValues: false, plan: plan))
  }

  /// - Parameters:
  ///   - path: a file that ends in `.onnx` is interpreted, any other one is a package.
  ///   - variant: kernel variant of a package; `nil` takes the best one.
  ///   - threads: of a package, the calling one included.
  ///   - shapes: whole shapes of a model's inputs.
  /// - Throws: what opening throws.
  package init(
    path: String, variant: String? = nil, threads: Int = 1, shapes: [String: [Int]] = [:]
  ) throws(Diagnostic) {
    guard threads >= 1 else { throw Diagnostic(.usage, "--threads needs at least 1") }
    if path.lowercased().hasSuffix(".onnx") {
      let source = try SourceModel(path: path)
      inputs = source.inputs(shapes: shapes)
      outputNames = source.model.outputs
      engine = .float(FloatModel(source, form: .imported))
    } else {
      let package = try OpenPackage(path: path, variant: variant, threads: threads)
      inputs = package.context.inputs.map { ModelInput(name: $0.name, type: $0.type) }
      outputNames = package.context.outputs.map(\.name)
      engine = .package(package)
    }
  }

  /// Runs the model once.
  ///
  /// - Returns: the outputs by name.
  package mutating func run(_ tensors: [String: Tensor]) throws(Diagnostic) -> [String: Tensor] {
    switch engine {
    case .package(let package):
      let results = try package.context.run(inputs.compactMap { tensors[$0.name] })
      return Dictionary(zip(outputNames, results), uniquingKeysWith: { first, _ in first })
    case .float(var model):
      let results = try model.run(tensors)
      engine = .float(model)
      return results
    }
  }
}
