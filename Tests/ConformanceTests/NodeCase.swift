import Diagnostics
import Foundation
import GraphIR
import Interpreter
import ONNXFrontend
import Tensors

/// One ONNX backend node test: a model of one node, its inputs and its outputs.
struct NodeCase {
  let name: String
  private let folder: URL

  enum Outcome {
    case passed
    /// The import or the interpreter says that it does not support something.
    case refused(String)
    case failed(String)
  }

  /// The cases in `models/onnx-node-tests`, by name.
  static func all(in models: URL) throws -> [NodeCase] {
    let folder = models.appendingPathComponent("onnx-node-tests")
    return try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasPrefix("test_") }.sorted()
      .map { NodeCase(name: $0, folder: folder.appendingPathComponent($0)) }
  }

  /// Imports, prepares, interprets and compares.
  func run(_ prepare: (inout Graph) throws(Diagnostic) -> Void = { _ in }) -> Outcome {
    do {
      let model = try ONNXModel(contentsOf: folder.appendingPathComponent("model.onnx").path)
      let inputs = try tensors("input", count: model.inputs.count)
      let expected = try tensors("output", count: model.outputs.count)
      var (graph, operands) = try graph(of: model, inputs)
      try prepare(&graph)
      let results = try Interpreter(graph).run(operands)
      for (result, output) in zip(results, expected) {
        if let difference = Comparison.difference(result, output) { return .failed(difference) }
      }
      return .passed
    } catch let error as Diagnostic {
      return error.code.rawValue.hasPrefix("QC2")
        ? .refused(error.message) : .failed(error.description)
    } catch {
      return .failed("\(error)")
    }
  }

  private func tensors(_ kind: String, count: Int) throws -> [Tensor] {
    try (0..<count).map { index in
      let path = folder.appendingPathComponent("test_data_set_0/\(kind)_\(index).pb")
      return try Tensor(onnxFile: Data(contentsOf: path))
    }
  }

  /// The graph and its run-time inputs. Where shapes, axes and the like must be constants, all
  /// inputs but the first are frozen to the case's values; where the first is one of these, all.
  private func graph(
    of model: ONNXModel, _ inputs: [Tensor]
  ) throws(Diagnostic) -> (Graph, [Tensor]) {
    let shapes = Dictionary(
      uniqueKeysWithValues: zip(model.inputs, inputs).map { ($0.name, $1.shape.dims) })
    for firstFrozen in [inputs.count, 1, 0] {
      let frozen = Dictionary(
        uniqueKeysWithValues: zip(model.inputs, inputs).dropFirst(firstFrozen).map { ($0.name, $1) }
      )
      do throws(Diagnostic) {
        let graph = try model.graph(shapes: shapes, frozen: frozen)
        return (graph, Array(inputs.prefix(firstFrozen)))
      } catch {
        if error.code != .unsupportedAttribute || firstFrozen == 0 { throw error }
      }
    }
    throw Diagnostic(.internalError, "no way to import the case")
  }
}
