import Diagnostics
import GraphIR
import Tensors

extension ONNXModel {
  /// The model as a graph of static shapes, at the stage `imported`.
  ///
  /// - Parameters:
  ///   - shapes: Whole shapes by input name; they bind the symbols that they meet.
  ///   - symbols: Extents by symbol.
  ///   - frozen: Values by input name; such an input becomes a constant.
  /// - Returns: A graph that the verifier accepts.
  /// - Throws: `QC1012` for a symbol that stays open, `QC0001` for a name that the model does not
  ///   have, `QC1001` for a shape that contradicts the model's, and what the nodes refuse.
  package func graph(
    shapes: [String: [Int]] = [:], symbols: [String: Int] = [:], frozen: [String: Tensor] = [:]
  ) throws(Diagnostic) -> Graph {
    do throws(Diagnostic) {
      let types = try inputTypes(shapes: shapes, symbols: symbols, frozen: frozen)
      var importer = Importer(self)
      for (input, type) in zip(inputs, types) {
        if let value = frozen[input.name] {
          importer.setConstant(value, name: input.name)
        } else {
          importer.addInput(input.name, type)
        }
      }
      return try importer.run()
    } catch {
      throw file.map(error.inFile) ?? error
    }
  }

  private func inputTypes(
    shapes: [String: [Int]], symbols: [String: Int], frozen: [String: Tensor]
  ) throws(Diagnostic) -> [TensorType] {
    let names = Set(inputs.map(\.name))
    for name in (Array(shapes.keys) + Array(frozen.keys)).sorted() where !names.contains(name) {
      throw Diagnostic(
        .usage, "the model has no input '\(name)'",
        hint: "its inputs are \(inputs.map(\.name).joined(separator: ", "))")
    }
    for symbol in symbols.keys.sorted() where !self.symbols.contains(symbol) {
      throw Diagnostic(
        .usage, "the model has no symbolic dimension '\(symbol)'",
        hint: "it has \(self.symbols.isEmpty ? "none" : self.symbols.joined(separator: ", "))")
    }
    var bound = symbols
    for input in inputs {
      guard let dims = frozen[input.name]?.shape.dims ?? shapes[input.name] else { continue }
      try bind(input, to: dims, &bound)
    }
    var types: [TensorType] = []
    for input in inputs {
      let dims = frozen[input.name]?.shape.dims ?? shapes[input.name]
      types.append(TensorType(input.element, try shape(of: input, given: dims, bound)))
      if let value = frozen[input.name], value.element != input.element {
        throw Diagnostic(
          .elementTypeMismatch,
          "a value of \(value.element.rawValue) for an input of \(input.element.rawValue)",
          at: "input '\(input.name)'")
      }
    }
    return types
  }

  private func bind(
    _ input: Input, to dims: [Int], _ bound: inout [String: Int]
  ) throws(Diagnostic) {
    guard input.hasShape else { return }
    guard dims.count == input.dims.count else {
      throw mismatch(input, dims, "it has \(input.dims.count) axes")
    }
    for (dimension, extent) in zip(input.dims, dims) {
      switch dimension {
      case .fixed(let fixed):
        guard fixed == extent else { throw mismatch(input, dims, "the model fixes \(fixed)") }
      case .symbolic(let symbol):
        guard bound[symbol, default: extent] == extent else {
          throw mismatch(input, dims, "'\(symbol)' is \(bound[symbol] ?? 0) already")
        }
        bound[symbol] = extent
      }
    }
  }

  private func shape(
    of input: Input, given: [Int]?, _ bound: [String: Int]
  ) throws(Diagnostic) -> Shape {
    do throws(Diagnostic) {
      if let given { return try Shape(checked: given) }
      guard input.hasShape else { throw unbound(input, "its shape") }
      var dims: [Int] = []
      for dimension in input.dims {
        switch dimension {
        case .fixed(let extent): dims.append(extent)
        case .symbolic(let symbol):
          guard let extent = bound[symbol] else { throw unbound(input, "'\(symbol)'") }
          dims.append(extent)
        }
      }
      return try Shape(checked: dims)
    } catch {
      var located = error
      located.location = "input '\(input.name)'"
      throw located
    }
  }

  private func unbound(_ input: Input, _ what: String) -> Diagnostic {
    Diagnostic(
      .unboundDimension, "\(what) is open: the model is \(input.pattern)",
      hint: "give all extents, for instance --shape \(input.name)=\(input.example)")
  }

  private func mismatch(_ input: Input, _ dims: [Int], _ reason: String) -> Diagnostic {
    Diagnostic(
      .shapeMismatch,
      "the shape \(dims.map(String.init).joined(separator: "x")) does not fit: \(reason)",
      at: "input '\(input.name)'", hint: "the model asks for \(input.pattern)")
  }
}

extension ONNXModel.Input {
  /// `batchx3x224x224` as people write it: `[batch, 3, 224, 224]`.
  package var pattern: String {
    guard hasShape else { return "without a shape" }
    let texts = dims.map { dimension -> String in
      switch dimension {
      case .fixed(let extent): "\(extent)"
      case .symbolic(let symbol): symbol
      }
    }
    return "[\(texts.joined(separator: ", "))]"
  }

  /// A shape that would bind the input, with 1 for what is open.
  fileprivate var example: String {
    dims.map { dimension -> String in
      if case .fixed(let extent) = dimension { return "\(extent)" }
      return "1"
    }.joined(separator: "x")
  }
}
