import Calibration
import Canonicalization
import Diagnostics
import GraphIR
import ONNXFrontend
import Samples
import Tensors

/// A model file as every command sees it: read once, bound to shapes as often as needed.
package struct SourceModel: Sendable {
  package let path: String
  package let model: ONNXModel
  /// SHA-256 of the model and its external data, as hexadecimal digits.
  package let hash: String

  /// - Throws: what reading the model throws, naming the file.
  package init(path: String) throws(Diagnostic) {
    self.path = path
    model = try ONNXModel(contentsOf: path)
    let parts = model.content.map { SHA256Digest.hex(of: $0) }
    hash = parts.count == 1 ? parts[0] : SHA256Digest.hex(of: parts.joined(separator: "\n"))
  }

  /// The inputs as sample sets are bound to them.
  ///
  /// - Parameter shapes: whole shapes by input name, from the command line.
  /// - Returns: name, element type and extents of each, `nil` where the model leaves one open.
  package func inputs(shapes: [String: [Int]]) -> [ModelInput] {
    model.inputs.map { input in
      let dims = input.dims.map { dimension -> Int? in
        if case .fixed(let extent) = dimension { return extent }
        return nil
      }
      return ModelInput(
        name: input.name, element: input.element,
        dims: shapes[input.name].map { $0.map(Optional.some) } ?? dims)
    }
  }

  /// The graph as the model has it, at the stage `imported`.
  package func importedGraph(
    shapes: [String: [Int]], table: CalibrationTable? = nil
  ) throws(Diagnostic) -> Graph {
    try model.graph(
      shapes: shapes,
      symbols: ShapeBinding.symbols(of: model, shapes: shapes, table: table))
  }

  /// The graph with constants and batch norms folded and patterns recognized.
  package func canonicalGraph(
    shapes: [String: [Int]], table: CalibrationTable? = nil, manager: inout PassManager
  ) throws(Diagnostic) -> Graph {
    var graph = try importedGraph(shapes: shapes, table: table)
    do throws(Diagnostic) {
      try manager.run(canonicalizationPasses, on: &graph)
    } catch {
      throw error.inFile(path)
    }
    return graph
  }
}
